import type { TensorView } from '../nn/parameters.ts';

/**
 * Names of tensors as `state_dict()` has them in a module that calls its parts `embedding`, `recurrent` (torch.nn.LSTM, GRU or RNN) and
 * `output`. What stands before a name here, as `members.0.` or a part of a larger model, stands before it there, too:
 *
 *     embedding                  embedding.weight
 *     layers.1.input             recurrent.weight_ih_l1
 *     layers.1.reverse.recurrent recurrent.weight_hh_l1_reverse
 *     layers.1.bias              recurrent.bias_ih_l1 + recurrent.bias_hh_l1
 *     output.weight              output.weight
 */
export function pytorchName({ name }: Pick<TensorView, 'name'>): string {
  const layer = LAYER.exec(name)?.groups;
  if (!layer) return name.endsWith('embedding') ? `${name}.weight` : name;
  const part = PARTS[layer.part!];
  if (!part) throw new RangeError(`the tensor ${name} has no counterpart in PyTorch`);
  return `${layer.before}recurrent.${part}_l${layer.index}${layer.reverse ? '_reverse' : ''}`;
}

/** The second bias of the layer whose first one is called `name`. */
export function secondBias(name: string): string {
  return name.replace('.bias_ih_l', '.bias_hh_l');
}

const LAYER = /^(?<before>(?:.*\.)?)layers\.(?<index>\d+)\.(?<reverse>reverse\.)?(?<part>\w+)$/u;

const PARTS: Readonly<Record<string, string>> = {
  input: 'weight_ih',
  recurrent: 'weight_hh',
  bias: 'bias_ih',
  recurrent_bias: 'bias_hh',
};
