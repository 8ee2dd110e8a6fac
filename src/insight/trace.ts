import { logSoftmax } from '../decoding/log-softmax.ts';
import { CELL_KINDS } from '../nn/cells/index.ts';
import type { ModelConfig } from '../nn/config.ts';
import type { SavedState, Stepper } from '../nn/stepper.ts';
import type { Part } from '../text/split.ts';
import { readingSteps } from './reading.ts';

/** What a model does while it reads a text of N symbols. */
export interface Trace {
  /** The ids of the symbols, in lines mode with the `<stop>` that ends each line. */
  readonly ids: readonly number[];
  /** The loss −log p of each symbol, in nats. It is NaN for the first symbol of a stream, which is not predicted. */
  readonly surprisals: readonly number[];
  /** The number of units of all layers, H for each layer, from the bottom to the top. For an ensemble, those of the first member. */
  readonly units: number;
  /** The activation of each unit after each symbol, [N][units]: tanh c for an LSTM, else h. */
  readonly activations: Float32Array;
}

/** Reads a part from its start, at most `length` symbols. Every line starts from a state of zero. */
export function traceText(stepper: Stepper, part: Part, length: number): Trace {
  const { layers, hidden } = stepper.config;
  const units = layers * hidden;
  const ids: number[] = [];
  const surprisals: number[] = [];
  const activations = new Float32Array(length * units);
  const logs = new Float64Array(stepper.config.symbols);
  for (const { id, goesOn, isShown } of readingSteps(part, length)) {
    if (!goesOn) stepper.resetState(0);
    else logSoftmax(logs, stepper.logits(0));
    stepper.step([id]);
    if (!isShown) continue;
    surprisals.push(goesOn ? -logs[id]! : Number.NaN);
    copyActivations(stepper.saveState(0), stepper.config, activations, ids.length * units);
    ids.push(id);
  }
  return { ids, surprisals, units, activations: activations.subarray(0, ids.length * units) };
}

/** The states are in order: member by member, layer by layer, and of each layer those that its kind of cell has. */
function copyActivations(
  state: SavedState,
  { cell, layers, hidden }: Pick<ModelConfig, 'cell' | 'layers' | 'hidden'>,
  out: Float32Array,
  at: number,
): void {
  const { states } = CELL_KINDS[cell];
  const hasCell = states.includes('c');
  for (let layer = 0; layer < layers; layer++) {
    const values = state[layer * states.length + states.indexOf(hasCell ? 'c' : 'h')]!;
    for (let unit = 0; unit < hidden; unit++) {
      out[at + layer * hidden + unit] = hasCell ? Math.tanh(values[unit]!) : values[unit]!;
    }
  }
}
