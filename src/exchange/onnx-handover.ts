import { CELL_KINDS } from '../nn/cells/index.ts';
import type { ModelConfig } from '../nn/config.ts';
import { ROWS, SOURCE_STEPS } from './onnx-dimensions.ts';

/** A value that a transducer's encoder hands to its decoder: an output there, and an input here. */
export interface Handed {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/** All that is handed over. */
export interface Handover {
  /** What the decoder's states start from, layer by layer: h [1, rows, H], and c of an LSTM. */
  readonly states: readonly (readonly Handed[])[];
  /** The last h of the encoder's top layer [1, rows, directions · H], if the decoder reads it at every step. */
  readonly context: Handed | undefined;
  /** What the decoder attends to [rows, source_steps, M], if it does. */
  readonly memory: Handed | undefined;
  /** The keys [rows, source_steps, H], if they are not the memory itself. */
  readonly keys: Handed | undefined;
}

/** What the encoder of a transducer hands to its decoder. Their names are the same in both graphs, after the member's prefix of an ensemble. */
export function handover({ cell, layers, hidden, pairs }: ModelConfig): Handover {
  const { context, attention, bidirectional, fusion } = pairs!;
  const both = bidirectional ? 2 * hidden : hidden;
  const width = fusion === 'tanh' ? hidden : both;
  const states = Array.from({ length: layers }, (_, layer) =>
    CELL_KINDS[cell].states.map((state) => ({ name: `layers.${layer}.${state}`, shape: [1, ROWS, hidden] })),
  );
  const over = (name: string, numbers: number): Handed => ({ name, shape: [ROWS, SOURCE_STEPS, numbers] });
  const hasKeys = attention === 'additive' || (attention === 'dot' && width !== hidden);
  return {
    states,
    context: context === 'every' ? { name: 'context', shape: [1, ROWS, both] } : undefined,
    memory: attention === 'none' ? undefined : over('memory', width),
    keys: hasKeys ? over('keys', hidden) : undefined,
  };
}
