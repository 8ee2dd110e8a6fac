import type { Input, SymbolInput } from './affine.ts';
import { Bidirectional } from './bidirectional.ts';
import { BACKWARDS, FORWARDS } from './direction.ts';
import { Embedding } from './embedding.ts';
import type { PairBuilder, Side } from './pair-builder.ts';
import { prefixed, type TensorSource } from './parameters.ts';
import { Recurrent } from './recurrent.ts';
import type { Signal } from './signal.ts';

/** One layer of an encoder. */
export interface EncoderLayer {
  /** What the layer above reads: one signal, or one for each direction. */
  readonly outputs: readonly Signal[];
  /** The recurrences: one, or forwards and backwards. */
  readonly recurrences: readonly Recurrent[];
}

/** How an encoder runs. */
interface EncoderPlan extends Side {
  /** Whether somebody reads the last states. */
  readonly givesFinalState: boolean;
}

/** Recurrent layers over the source, the lowest first: each reads the one below, and the lowest the symbols. */
export function encoderLayers(builder: PairBuilder, plan: EncoderPlan): EncoderLayer[] {
  const { arena, config, tensors, dropout } = builder.plan;
  const { add, shape } = plan;
  const named = prefixed(tensors, builder.pairs.task === 'transduce' ? 'encoder.' : '');
  const read: SymbolInput = { ids: builder.source.ids, symbols: config.sourceSymbols!, vocabulary: 'source' };
  const embedding = config.embedding > 0 ? add(new Embedding(arena, named, shape, read, config.embedding)) : undefined;
  let below = embedding ? [builder.dropped(embedding.output, dropout.input, plan)] : [];
  const layers: EncoderLayer[] = [];
  for (let index = 0; index < config.layers; index++) {
    if (index > 0) below = layers.at(-1)!.outputs.map((signal) => builder.dropped(signal, dropout.layers, plan));
    const inputs = (): readonly Input[] => (below.length > 0 ? below.map((signal) => signal.read()) : [read]);
    layers.push(encoderLayer(builder, plan, named, `layers.${index}.`, inputs));
  }
  return layers;
}

function encoderLayer(
  builder: PairBuilder,
  { add, shape, givesFinalState }: EncoderPlan,
  tensors: TensorSource,
  prefix: string,
  inputs: () => readonly Input[],
): EncoderLayer {
  const { zeros, pairs } = builder;
  const { arena, config } = builder.plan;
  const { keep, keepBackwards, mask } = builder.source;
  const common = { arena, zeros, shape, config, tensors, prefix, mask, givesFinalState };
  if (!pairs.bidirectional) {
    const [direction, its] = pairs.reverseSource ? [BACKWARDS, keepBackwards] : [FORWARDS, keep];
    const recurrent = add(new Recurrent({ ...common, inputs: inputs(), keep: its, direction }));
    builder.layers.push(recurrent);
    return { outputs: [recurrent.output], recurrences: [recurrent] };
  }
  const both = add(new Bidirectional({ ...common, inputs, keep, keepBackwards }));
  const recurrences = [both.forwards, both.backwards];
  builder.layers.push(...recurrences);
  if (pairs.fusion === 'concatenate') return { outputs: both.outputs, recurrences };
  const readings = both.outputs.map((signal) => signal.read());
  const fused = add(builder.dense(readings, { name: `${prefix}fusion`, activation: 'tanh', shape, tensors }));
  return { outputs: [fused.output], recurrences };
}
