import type { KernelChoice } from '../kernel/choose.ts';
import type { Kernels } from '../kernel/contract.ts';
import type { ModelConfig } from '../nn/config.ts';
import type { Model } from '../nn/model.ts';
import { openModel } from '../nn/open.ts';

/** Rows and steps read at once: more gain little. */
const ROWS = 64;
const STEPS = 32;

/** A trained model that reads given texts, many rows by many steps at a time, and tells each symbol's surprisal. */
export class Reader {
  readonly rows = ROWS;
  readonly steps = STEPS;
  /** [steps][rows], to be written before `read`: the symbol read, the one that follows (−1: none counts), and 0 where a row starts anew. */
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
  readonly keep: Int32Array;
  readonly #model: Model;
  readonly #kernels: Kernels;

  /** @param parameters the flat buffer, as a checkpoint has it */
  constructor(choice: KernelChoice, config: ModelConfig, parameters: Float32Array) {
    const { model, kernels } = openModel(choice, config, parameters, { steps: STEPS, rows: ROWS, training: false });
    this.#model = model;
    this.#kernels = kernels;
    const ints = (address: number) => this.#kernels.ints.subarray(address, address + STEPS * ROWS);
    this.inputs = ints(this.#model.inputs);
    this.targets = ints(this.#model.targets);
    this.keep = ints(this.#model.keep);
  }

  /** Reads `steps` steps. Returns [steps][rows] −log p of the targets in nats, 0 where none counts: a view, overwritten by the next. */
  read(steps: number): Float32Array {
    const rows = { start: 0, end: ROWS };
    this.#model.forward(this.#kernels, rows, steps);
    this.#model.loss(this.#kernels, rows, steps, 0);
    this.#model.carry(this.#kernels, steps);
    return this.#kernels.floats.subarray(this.#model.losses, this.#model.losses + steps * ROWS) as Float32Array;
  }

  /** Every row takes up the state of the row before it; the first keeps its own. */
  shiftStates(): void {
    for (const state of this.#model.states) {
      state.load(this.#kernels, state.save(this.#kernels, 0, ROWS - 1), 1);
    }
  }
}
