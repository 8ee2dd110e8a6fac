import type { KernelChoice } from '../kernel/choose.ts';
import { CELL_KINDS } from '../nn/cells/index.ts';
import type { ModelConfig } from '../nn/config.ts';
import { type OpenModel, openModel } from '../nn/open.ts';
import type { Part } from '../text/split.ts';
import { FOLLOWED, type Followed } from './followed.ts';
import { type ReadingStep, readingSteps } from './reading.ts';

/** The steps that are run at once. */
const STEPS = 64;

/** The gates and states of some units after each of N symbols. */
export interface GateTrace {
  readonly followed: readonly Followed[];
  /** [unit][followed] N numbers: the units in the order in which they were asked for. */
  readonly values: readonly (readonly Float32Array[])[];
}

/**
 * What the gates and states of units are after each symbol of a part, for at most `length` symbols. The model is one network.
 *
 * @param units columns of the trace: layer · H + unit, both counted from 0
 */
export function traceGates(
  choice: KernelChoice,
  config: ModelConfig,
  parameters: ArrayLike<number>,
  part: Part,
  length: number,
  units: readonly number[],
): GateTrace {
  const followed = FOLLOWED[config.cell];
  const reading = readingSteps(part, length);
  const shown = reading.filter(({ isShown }) => isShown).length;
  const values = units.map(() => followed.map(() => new Float32Array(shown)));
  const network = openModel(choice, config, parameters, { steps: STEPS, rows: 1, training: false });
  let at = 0;
  for (let first = 0; first < reading.length; first += STEPS) {
    const steps = reading.slice(first, first + STEPS);
    run(network, steps);
    for (const [step, { isShown }] of steps.entries()) {
      if (!isShown) continue;
      for (const [index, unit] of units.entries()) {
        for (const [which, { key }] of followed.entries()) {
          values[index]![which]![at] = network.kernels.floats[addressOf(network, key, unit, step)]!;
        }
      }
      at++;
    }
  }
  return { followed, values };
}

/** Runs the next steps, and keeps the state for those after them. */
function run({ model, kernels }: OpenModel, steps: readonly ReadingStep[]): void {
  for (const [step, { id, goesOn }] of steps.entries()) {
    kernels.ints[model.inputs + step] = id;
    kernels.ints[model.keep + step] = Number(goesOn);
  }
  model.forward(kernels, { start: 0, end: 1 }, { steps: steps.length });
  model.carry(kernels, steps.length);
}

/** Where a gate or a state of a unit lies after a step. */
function addressOf({ model }: OpenModel, key: string, unit: number, step: number): number {
  const { cell, hidden: H } = model.config;
  const { gates, states } = CELL_KINDS[cell];
  const layer = model.layers[Math.floor(unit / H)]!;
  const state = (states as readonly string[]).indexOf(key);
  if (state >= 0) return layer.states[state]!.values + step * H + (unit % H);
  const gate = gates.findIndex(({ name }) => name === key);
  return layer.buffers.gates + (step * gates.length + gate) * H + (unit % H);
}
