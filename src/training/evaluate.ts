import type { Engine } from '../kernel/engine.ts';
import { evaluationBatches } from '../text/evaluation-batches.ts';
import type { Part } from '../text/split.ts';
import { runCommand } from './command.ts';
import { COMMAND, type ProgramConfig, SETTING, type TrainingPlan } from './program.ts';

/** The mean loss of a part, in nats a symbol, and how many symbols it is the mean of. */
export interface Evaluation {
  readonly loss: number;
  readonly symbols: number;
  /** Symbols that the model thought the likeliest of all, where they were counted. */
  readonly correct?: number;
}

export interface EvaluateOptions {
  /** Whether to count the symbols that were the likeliest. */
  readonly accuracy?: boolean;
  /** Measures these symbols alone: in a task, those that are determined by what was read. */
  readonly only?: ReadonlySet<number> | undefined;
  /** Runs a window of so many targets: leaves their losses, and a positive multiple of the logits' gradient. Evaluation alone, if not given. */
  readonly read?: (counted: number) => Promise<void>;
}

/**
 * Reads a part from end to end, its rows' states carried from window to window, and measures −log p of every symbol
 * (text/batches.ts, `evaluationBatches`). Training's own state is left as it was.
 */
export async function evaluate(
  engine: Engine<ProgramConfig>,
  plan: TrainingPlan,
  part: Part,
  { accuracy = false, only, read = () => readWindow(engine) }: EvaluateOptions = {},
): Promise<Evaluation> {
  const { model } = plan;
  const { kernels, settings } = engine;
  const { rows, steps: window } = model.shape;
  const positions = rows * window;
  const view = (address: number): Int32Array => kernels.ints.subarray(address, address + positions);
  const batches = evaluationBatches(part, { rows, window }, view(model.inputs), view(model.targets), view(model.keep));
  const carried = model.saveStates(kernels);
  let sum = 0;
  let symbols = 0;
  let correct = 0;
  for (const { steps, counted: all } of batches) {
    const counted = only ? countOnly(kernels.ints, model.targets, steps * rows, only) : all;
    settings[SETTING.steps] = steps;
    await read(counted);
    sum += sumLosses(kernels.floats, model.losses, steps * rows);
    symbols += counted;
    if (accuracy) correct += countLikeliest(plan, engine, steps * rows);
    model.carry(kernels, steps);
  }
  model.loadStates(kernels, carried);
  return { loss: sum / symbols, symbols, ...(accuracy ? { correct } : {}) };
}

async function readWindow(engine: Engine<ProgramConfig>): Promise<void> {
  engine.settings[SETTING.lossScale] = 1;
  await runCommand(engine, COMMAND.evaluate);
}

/** Makes all targets but these −1, and counts these. */
function countOnly(targets: Int32Array, at: number, positions: number, only: ReadonlySet<number>): number {
  let counted = 0;
  for (let position = at; position < at + positions; position++) {
    if (only.has(targets[position]!)) counted++;
    else targets[position] = -1;
  }
  return counted;
}

/**
 * Positions whose target has the largest probability y. What is there is each member's gradient s·(y − onehot), so the target's sum over
 * the M members is their s·M short.
 */
function countLikeliest(
  { model }: TrainingPlan,
  { kernels, settings }: Engine<ProgramConfig>,
  positions: number,
): number {
  const { floats, ints } = kernels;
  const { symbols, members } = model.config;
  const scale = members * settings[SETTING.lossScale]!;
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

/** Σ losses, in double precision and in order. */
export function sumLosses(floats: ArrayLike<number>, at: number, count: number): number {
  let sum = 0;
  for (let position = at; position < at + count; position++) sum += floats[position]!;
  return sum;
}
