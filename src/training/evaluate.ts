import type { Engine } from '../kernel/engine.ts';
import { evaluationBatches } from '../text/evaluation-batches.ts';
import type { Part } from '../text/split.ts';
import { runCommand } from './command.ts';
import { COMMAND, type ProgramConfig, SETTING, type TrainingPlan } from './program.ts';

/** The mean loss of a part, in nats a symbol, and how many symbols it is the mean of. */
export interface Evaluation {
  readonly loss: number;
  readonly symbols: number;
}

/**
 * Reads a part from end to end, its rows' states carried from window to window, and measures −log p of every symbol
 * (text/batches.ts, `evaluationBatches`). Training's own state is left as it was.
 */
export async function evaluate(engine: Engine<ProgramConfig>, plan: TrainingPlan, part: Part): Promise<Evaluation> {
  const { model } = plan;
  const { kernels, settings } = engine;
  const { rows, steps: window } = model.shape;
  const positions = rows * window;
  const view = (address: number): Int32Array => kernels.ints.subarray(address, address + positions);
  const batches = evaluationBatches(part, { rows, window }, view(model.inputs), view(model.targets), view(model.keep));
  const carried = model.saveStates(kernels);
  let sum = 0;
  let symbols = 0;
  for (const { steps, counted } of batches) {
    settings[SETTING.steps] = steps;
    await runCommand(engine, COMMAND.evaluate);
    sum += sumLosses(kernels.floats, model.losses, steps * rows);
    symbols += counted;
    model.carry(kernels, steps);
  }
  model.loadStates(kernels, carried);
  return { loss: sum / symbols, symbols };
}

/** Σ losses, in double precision and in order. */
export function sumLosses(floats: ArrayLike<number>, at: number, count: number): number {
  let sum = 0;
  for (let position = at; position < at + count; position++) sum += floats[position]!;
  return sum;
}
