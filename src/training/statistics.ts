import type { Floats } from '../kernel/contract.ts';
import { CELL_KINDS, type CellName, gateCount } from '../nn/cells/index.ts';
import type { TrainingEngine, TrainingPlan } from './program.ts';

/** Shares of the activations of one gate of one layer, over units, steps, rows and members. */
export interface GateSaturation {
  readonly gate: string;
  /** Below 0.1: shut. */
  readonly low: number;
  /** Above 0.9: open. */
  readonly high: number;
}

/** What an update did, besides its loss. */
export interface UpdateStatistics {
  /** ‖Δθ‖ / ‖θ‖, where θ is all parameters before the update, and Δθ the change. */
  readonly updateRatio: number;
  /** By layer from the bottom, and by gate. Empty for a vanilla RNN, which has no gates. */
  readonly saturation: GateSaturation[][];
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

/** Share of a window's steps in which gates are counted. A few steps are enough, because the rows of a batch lie all over the text. */
const COUNTED_SHARE = 1 / 16;

/**
 * Counts the saturated gates of one update. Make it when the window is in place and before the step; ask it when the step's state has been
 * carried on. It costs the forward pass of a few steps. At most one update in ten is watched, so this is under a hundredth of a run's time.
 */
export class SaturationWatch {
  readonly #engine: TrainingEngine;
  readonly #plan: TrainingPlan;
  readonly #states: readonly Floats[];

  constructor(engine: TrainingEngine, plan: TrainingPlan) {
    this.#engine = engine;
    this.#plan = plan;
    this.#states = plan.model.saveStates(engine.kernels);
  }

  /**
   * Reads the first steps of the window again, with the new parameters, because training leaves gradients in the place of gates. State and
   * parameters stay as they are.
   *
   * @param windowSteps T of the update's window
   */
  async count(windowSteps: number): Promise<GateSaturation[][]> {
    const { model } = this.#plan;
    const { kernels } = this.#engine;
    // The layers of a model of pairs run over steps of two kinds, and some of their positions are masked.
    if (model.source || logisticGates(model.config.cell).length === 0) return [];
    const carried = model.saveStates(kernels);
    model.loadStates(kernels, this.#states);
    const steps = Math.ceil(COUNTED_SHARE * windowSteps);
    await this.#engine.call('evaluate', { steps, sourceSteps: 0, lossScale: 1 });
    model.loadStates(kernels, carried);
    return Array.from({ length: model.config.layers }, (_, layer) => {
      const gates = model.members.map(({ layers }) => layers[layer]!.buffers.gates);
      return countSaturated(this.#plan, kernels.floats, gates, steps);
    });
  }
}

/** Counts in a layer's gates [steps][B][G·H]; `gates` has an address for each member. */
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
