import { Attention, AttentionMemory } from './attention.ts';
import type { BatchShape } from './batch.ts';
import type { PairBuilder } from './pair-builder.ts';
import { AdditiveScore, DotScore, type Score } from './score.ts';
import type { Signal } from './signal.ts';

/**
 * Attention of a decoder: h̃_t = tanh(W [c_t; h_t] + b), where c_t is what the attention finds (Luong et al. 2015).
 *
 * @param hidden h_t, over the steps of the window
 * @param memory what is attended to, over the steps of the source
 */
export function attend(builder: PairBuilder, hidden: Signal, memory: readonly Signal[]): Signal {
  const { zeros, source, plan } = builder;
  const { arena } = plan;
  const shape = { ...plan.shape, sourceSteps: builder.onSource.shape.steps };
  const score = scoreOf(builder, hidden, memory, shape);
  const attention = builder.add(new Attention({ arena, zeros, shape, score, memory, lengths: source.lengths }));
  builder.attention = attention;
  builder.addToEncoder(new AttentionMemory(attention));
  const inputs = [...attention.outputs, hidden].map((signal) => signal.read());
  return builder.add(builder.dense(inputs, { name: 'attention.output', activation: 'tanh' })).output;
}

function scoreOf(
  builder: PairBuilder,
  hidden: Signal,
  memory: readonly Signal[],
  shape: BatchShape & { readonly sourceSteps: number },
): Score {
  const { zeros, plan, pairs, onSource } = builder;
  const { arena, config, tensors } = plan;
  const needsKeys = pairs.attention === 'additive' || memory.length > 1 || memory[0]!.width !== config.hidden;
  const projected = (name: string, signals: readonly Signal[], of: BatchShape, hasBias: boolean) => {
    const inputs = signals.map((signal) => signal.read());
    return builder.dense(inputs, { name, shape: of, activation: 'none', hasBias });
  };
  const keys = needsKeys ? onSource.add(projected('attention.keys', memory, onSource.shape, false)).output : memory[0]!;
  if (pairs.attention === 'dot') {
    return new DotScore({ arena, zeros, shape, queries: hidden.read(), keys: keys.read() });
  }
  const queries = builder.add(projected('attention.queries', [hidden], shape, true)).output;
  return new AdditiveScore({ arena, zeros, shape, queries: queries.read(), keys: keys.read() }, tensors);
}
