import type { Kernels } from '../kernel/contract.ts';
import { type DataPart, evaluationWindows } from './data.ts';
import type { TrainingEngine, TrainingPlan } from './program.ts';

/** The mean loss of a part, in nats a symbol, and the number of symbols that it is the mean of. */
export interface Evaluation {
  readonly loss: number;
  readonly symbols: number;
  /** How many symbols were the likeliest of all in the model's eyes, where this was counted. */
  readonly correct?: number;
}

/** A window to read. Its `lossScale` is what the gradient of its losses is multiplied by. */
export interface WindowToRead {
  readonly steps: number;
  readonly sourceSteps: number;
  readonly lossScale: number;
}

export interface EvaluateOptions {
  /** Whether to count the symbols that were the likeliest. */
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
  let correct = 0;
  for (const { steps, sourceSteps, counted: all } of evaluationWindows(part, model, kernels.ints)) {
    const counted = only ? keepOnly(kernels.ints, model.targets, steps * rows, only) : all;
    const lossScale = learn ? 1 / counted : 1;
    const window = { steps, sourceSteps, lossScale };
    await (learn ? learn(window) : engine.call('evaluate', window));
    sum += sumLosses(kernels.floats, model.losses, steps * rows);
    symbols += counted;
    if (accuracy) correct += countLikeliest(plan, kernels, steps * rows, lossScale);
    model.carry(kernels, steps);
  }
  model.loadStates(kernels, carried);
  return { loss: sum / symbols, symbols, ...(accuracy ? { correct } : {}) };
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

/**
 * Counts the positions whose target has the largest probability. In the place of the logits, each member m has left its gradient
 * lossScale · (y_m − onehot). So the sums over the M members are lossScale · Σ y_m, but the target's is lossScale · M less.
 */
function countLikeliest(
  { model }: TrainingPlan,
  { floats, ints }: Kernels,
  positions: number,
  lossScale: number,
): number {
  const { symbols, members } = model.config;
  const scale = members * lossScale;
  const sums = new Float64Array(symbols);
  let correct = 0;
  for (let position = 0; position < positions; position++) {
    const target = ints[model.targets + position]!;
    if (target < 0) continue;
    sums.fill(0);
    sums[target] = scale;
    for (const { logits } of model.members) {
      const from = logits + position * symbols;
      for (let id = 0; id < symbols; id++) sums[id]! += floats[from + id]!;
    }
    if (sums.every((sum) => sum <= sums[target]!)) correct++;
  }
  return correct;
}

/** The sum of losses, in double precision and in their order. */
export function sumLosses(floats: ArrayLike<number>, at: number, count: number): number {
  let sum = 0;
  for (let position = at; position < at + count; position++) sum += floats[position]!;
  return sum;
}
