import type { KernelChoice } from '../kernel/choose.ts';
import type { Floats, Kernels } from '../kernel/contract.ts';
import type { Range } from '../kernel/team.ts';
import type { ModelConfig } from '../nn/config.ts';
import type { Model } from '../nn/model.ts';
import { openModel } from '../nn/open.ts';

/**
 * Rows and steps read at once: more gain little. An LSTM of 2 × 128 takes 12.7 µs a symbol with one row, 6.9 with two, and 5.6 to 6.3 with six
 * rows and more.
 */
const ROWS = 64;
const STEPS = 32;

const ALL: Range = { start: 0, end: ROWS };

/** The states of some rows: for each state of the model, [rows][width]. */
export type RowStates = readonly Floats[];

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

  /**
   * Reads `steps` steps of some rows; the states of the other rows are lost. Returns [steps][ROWS] −log p of the targets in nats, 0 where none
   * counts: a view, overwritten by the next.
   */
  read(steps: number, rows = ALL): Float32Array {
    this.#model.forward(this.#kernels, rows, { steps });
    this.#model.loss(this.#kernels, rows, { steps }, 0);
    this.#model.carry(this.#kernels, steps);
    return this.#kernels.floats.subarray(this.#model.losses, this.#model.losses + steps * ROWS) as Float32Array;
  }

  /** A copy of the states of some rows. */
  saveStates({ start, end }: Range): RowStates {
    return this.#model.states.map((state) => state.save(this.#kernels, start, end - start));
  }

  /** Sets the state of a row to row `from` of what `saveStates` returned. */
  loadState(row: number, saved: RowStates, from: number): void {
    for (const [index, state] of this.#model.states.entries()) {
      state.load(this.#kernels, rowOf(saved[index]!, from, state.width), row);
    }
  }

  /** Whether two states of a row are the same but for rounding. */
  isSameState(one: RowStates, other: RowStates, row: number): boolean {
    return this.#model.states.every(({ width }, index) =>
      areClose(rowOf(one[index]!, row, width), rowOf(other[index]!, row, width)),
    );
  }
}

/** Copies one row of `from` to the same row of `to`. */
export function copyRow(to: RowStates, from: RowStates, row: number, rows: number): void {
  for (const [index, values] of from.entries()) {
    const width = values.length / rows;
    to[index]!.set(rowOf(values, row, width), row * width);
  }
}

function rowOf(values: Floats, row: number, width: number): Floats {
  return values.subarray(row * width, (row + 1) * width);
}

/**
 * Numbers of two states that differ by less than this, or by this share of the number where it is above 1, count as the same. Two readings of
 * a text that have forgotten where they began still differ by rounding: by 5e-7 in trained networks of 2 × 96 units.
 */
const TOLERANCE = 4e-6;

function areClose(one: Floats, other: Floats): boolean {
  for (let j = 0; j < one.length; j++) {
    const difference = Math.abs(one[j]! - other[j]!);
    if (!(difference <= TOLERANCE * Math.max(1, Math.abs(one[j]!)))) return false;
  }
  return true;
}
