import { type DataPart, evaluationWindows } from './data.ts';
import { countHits } from './hits.ts';
import type { TrainingEngine, TrainingPlan } from './program.ts';

/** The mean loss of a part, in nats a symbol, and the number of symbols that it is the mean of. */
export interface Evaluation {
  readonly loss: number;
  readonly symbols: number;
  /** The share that the model predicts right (`countHits`), where it was measured. */
  readonly accuracy?: number;
}

/** A window to read. Its `lossScale` is what the gradient of its losses is multiplied by. */
export interface WindowToRead {
  readonly steps: number;
  readonly sourceSteps: number;
  readonly lossScale: number;
}

export interface EvaluateOptions {
  /** Whether to measure the accuracy. */
  readonly accuracy?: boolean;
  /** Measures these symbols alone: in a task, those that are determined by what was read. */
  readonly only?: ReadonlySet<number> | undefined;
  /** Reads a window, as the call `evaluate` would, and then learns from it. If not given, nothing is learned. */
  readonly learn?: ((window: WindowToRead) => Promise<void>) | undefined;
}

/**
 * Reads a part from end to end with a run's own memory, and measures −log p of every symbol (text/evaluation-batches.ts). The states are
 * carried from window to window. Afterwards the states are as they were before.
 */
export async function evaluatePart(
  engine: TrainingEngine,
  plan: TrainingPlan,
  part: DataPart,
  { accuracy = false, only, learn }: EvaluateOptions = {},
): Promise<Evaluation> {
  const { model } = plan;
  const { kernels } = engine;
  const { rows } = model.shape;
  const carried = model.saveStates(kernels);
  let sum = 0;
  let symbols = 0;
  const hits = accuracy ? countHits(model, kernels, part) : undefined;
  for (const { steps, sourceSteps, counted: all, pairs } of evaluationWindows(part, model, kernels.ints)) {
    const counted = only ? keepOnly(kernels.ints, model.targets, steps * rows, only) : all;
    const lossScale = learn ? 1 / counted : 1;
    const window = { steps, sourceSteps, lossScale };
    await (learn ? learn(window) : engine.call('evaluate', window));
    sum += sumLosses(kernels.floats, model.losses, steps * rows);
    symbols += counted;
    hits?.add({ steps, pairs, lossScale });
    model.carry(kernels, steps);
  }
  model.loadStates(kernels, carried);
  return { loss: sum / symbols, symbols, ...(hits ? { accuracy: hits.accuracy } : {}) };
}

/** Sets all other targets to −1, so that they are not measured. Returns how many are left. */
function keepOnly(targets: Int32Array, at: number, positions: number, only: ReadonlySet<number>): number {
  let counted = 0;
  for (let position = at; position < at + positions; position++) {
    if (only.has(targets[position]!)) counted++;
    else targets[position] = -1;
  }
  return counted;
}

/** The sum of losses, in double precision and in their order. */
export function sumLosses(floats: ArrayLike<number>, at: number, count: number): number {
  let sum = 0;
  for (let position = at; position < at + count; position++) sum += floats[position]!;
  return sum;
}
