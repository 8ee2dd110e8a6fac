import type { PairModelConfig } from '../nn/config.ts';
import type { TensorView } from '../nn/parameters.ts';

/**
 * Names of tensors as `state_dict()` has them in a module that calls its parts `embedding`, `recurrent` (torch.nn.LSTM, GRU or RNN) and
 * `output`. An ensemble's names begin with `members.0.`, here and there:
 *
 *     embedding                  embedding.weight
 *     layers.1.input             recurrent.weight_ih_l1
 *     layers.1.reverse.recurrent recurrent.weight_hh_l1_reverse
 *     layers.1.bias              recurrent.bias_ih_l1 + recurrent.bias_hh_l1
 *     output.weight              output.weight
 *
 * A transducer's parts are in modules called `encoder` and `decoder`. torch.nn's layers hand on both directions side by side, so an encoder that
 * fuses them has a list of modules of one layer each, and a list of linear layers:
 *
 *     encoder.layers.1.input     encoder.recurrent.weight_ih_l1, or encoder.recurrent.1.weight_ih_l0
 *     layers.1.fusion.weight     fusion.1.weight
 *     layers.1.input             decoder.recurrent.weight_ih_l1
 *     layers.1.start.weight      decoder.start.1.weight
 *     attention.keys.weight      attention.keys.weight
 *
 * @param pairs of a model of pairs
 */
export function pytorchName({ name }: Pick<TensorView, 'name'>, pairs?: PairModelConfig): string {
  const { member = '', encoder = '', rest = '' } = PARTS_OF_NAME.exec(name)!.groups!;
  const isDecoder = pairs?.task === 'transduce' && encoder === '' && /^(?:embedding$|layers\.)/u.test(rest);
  const before = member + (isDecoder ? 'decoder.' : encoder);
  const dense = DENSE.exec(rest)?.groups;
  if (dense) return `${before}${dense.module}.${dense.index}.${dense.part}`;
  const layer = LAYER.exec(rest)?.groups;
  if (!layer) return `${before}${rest === 'embedding' ? 'embedding.weight' : rest}`;
  const part = PARTS[layer.part!];
  if (!part) throw new RangeError(`the tensor ${name} has no counterpart in PyTorch`);
  const isFused = pairs?.fusion === 'tanh' && !isDecoder;
  const [module, index] = isFused ? [`recurrent.${layer.index}`, 0] : ['recurrent', layer.index];
  return `${before}${module}.${part}_l${index}${layer.reverse ? '_reverse' : ''}`;
}

/** The second bias of the layer whose first one is called `name`. */
export function secondBias(name: string): string {
  return name.replace('.bias_ih_l', '.bias_hh_l');
}

const PARTS_OF_NAME = /^(?<member>members\.\d+\.)?(?<encoder>encoder\.)?(?<rest>.*)$/su;

/** Layers without recurrence that a recurrent layer has. */
const DENSE = /^layers\.(?<index>\d+)\.(?<module>fusion|start|start_cell)\.(?<part>weight|bias)$/u;

const LAYER = /^layers\.(?<index>\d+)\.(?<reverse>reverse\.)?(?<part>\w+)$/u;

const PARTS: Readonly<Record<string, string>> = {
  input: 'weight_ih',
  recurrent: 'weight_hh',
  bias: 'bias_ih',
  recurrent_bias: 'bias_hh',
};
