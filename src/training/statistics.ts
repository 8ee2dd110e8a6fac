import type { Floats } from '../kernel/contract.ts';
import type { Engine } from '../kernel/engine.ts';
import { CELL_KINDS, type CellName, gateCount } from '../nn/cells/index.ts';
import { runCommand } from './command.ts';
import { COMMAND, type ProgramConfig, SETTING, type TrainingPlan } from './program.ts';

/** What is told of one gate of one layer: shares of its activations, over units, steps, rows and members. */
export interface GateSaturation {
  readonly gate: string;
  /** Below 0.1: shut. */
  readonly low: number;
  /** Above 0.9: open. */
  readonly high: number;
}

/** How an update went, besides its loss. */
export interface UpdateStatistics {
  /** ‖Δθ‖ / ‖θ‖, θ being all parameters before the update and Δθ what it changed. */
  readonly updateRatio: number;
  /** Layer by layer from the bottom; empty for a vanilla RNN, which has no gates. */
  readonly saturation: readonly (readonly GateSaturation[])[];
}

/** Saturated gates as Karpathy, Johnson & Fei-Fei (2015) count them. */
const LOW = 0.1;
const HIGH = 0.9;

/** The gates of a cell that can be shut or open, with their places among its gates. */
function logisticGates(cell: CellName): readonly { readonly name: string; readonly place: number }[] {
  return CELL_KINDS[cell].gates
    .map(({ name, squash }, place) => ({ name, squash, place }))
    .filter(({ squash }) => squash === 'logistic');
}

/** Share of a window's steps that gates are counted in: few cost little, and the rows of a batch are all over the text. */
const COUNTED_SHARE = 1 / 16;

/**
 * Watches one update: made when the window is in place and before the step, asked when the step's state has been carried on. In all it takes a
 * copy of the parameters, two passes over them, and the forward pass of a few steps; done for an update in ten or more, that is under a
 * hundredth of a run's time.
 */
export class UpdateWatch {
  readonly #engine: Engine<ProgramConfig>;
  readonly #plan: TrainingPlan;
  readonly #parameters: Floats;
  readonly #states: readonly Floats[];

  constructor(engine: Engine<ProgramConfig>, plan: TrainingPlan) {
    const { manifest, values } = plan.model.parameters;
    this.#engine = engine;
    this.#plan = plan;
    this.#parameters = engine.kernels.floats.slice(values, values + manifest.size);
    this.#states = plan.model.saveStates(engine.kernels);
  }

  /** The statistics of the update that was done since; leaves state and parameters as they are. */
  async statistics(): Promise<UpdateStatistics> {
    return { updateRatio: this.#updateRatio(), saturation: await this.#saturation() };
  }

  #updateRatio(): number {
    const { floats } = this.#engine.kernels;
    const { values } = this.#plan.model.parameters;
    const before = this.#parameters;
    let change = 0;
    let size = 0;
    for (let j = 0; j < before.length; j++) {
      const old = before[j]!;
      const difference = floats[values + j]! - old;
      change += difference * difference;
      size += old * old;
    }
    return size > 0 ? Math.sqrt(change / size) : 0;
  }

  /** Reads the first steps of the window again, with the new parameters, for training leaves gradients where the gates were. */
  async #saturation(): Promise<GateSaturation[][]> {
    const { model } = this.#plan;
    const { kernels, settings } = this.#engine;
    if (logisticGates(model.config.cell).length === 0) return [];
    const carried = model.saveStates(kernels);
    model.loadStates(kernels, this.#states);
    const steps = Math.ceil(COUNTED_SHARE * settings[SETTING.steps]!);
    settings[SETTING.steps] = steps;
    await runCommand(this.#engine, COMMAND.evaluate);
    model.loadStates(kernels, carried);
    return Array.from({ length: model.config.layers }, (_, layer) => {
      const gates = model.members.map(({ layers }) => layers[layer]!.buffers.gates);
      return countSaturated(this.#plan, kernels.floats, gates, steps);
    });
  }
}

/** Of a layer's gates [steps][B][G·H], each member's at its own of `gates`. */
function countSaturated(
  { model }: TrainingPlan,
  floats: Floats,
  gates: readonly number[],
  steps: number,
): GateSaturation[] {
  const { cell, hidden } = model.config;
  const width = gateCount(cell) * hidden;
  const rows = steps * model.shape.rows;
  const all = gates.length * rows * hidden;
  return logisticGates(cell).map(({ name: gate, place }) => {
    let low = 0;
    let high = 0;
    for (const at of gates) {
      for (let row = 0; row < rows; row++) {
        const first = at + row * width + place * hidden;
        for (let j = first; j < first + hidden; j++) {
          if (floats[j]! < LOW) low++;
          else if (floats[j]! > HIGH) high++;
        }
      }
    }
    return { gate, low: low / all, high: high / all };
  });
}
