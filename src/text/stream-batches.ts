import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Ids } from './ids.ts';
import type { StreamPart } from './split.ts';
import {
  type Batches,
  type BatchOptions,
  type BatchState,
  resolveBatchOptions,
  type StreamBatchState,
  type Window,
} from './windows.ts';

/**
 * Batches of one long text. The text is cut into B neighbouring sections, and each row reads one of them. Let N be the number of
 * symbols. Row b predicts the symbols from ⌊b·(N − 1)/B⌋ + 1 to ⌊(b + 1)·(N − 1)/B⌋, so each symbol except the first is a target exactly
 * once in an epoch. The lengths of the sections differ by at most one; a row with the shorter length has −1 as its last target.
 *
 * Within an epoch, window w covers at most k2 steps, starting at step w·k1 − o; steps before 0 are left out. At the end of the epoch all
 * rows begin again from a state of zero. The offset o is 0 in the first epoch. For each later epoch it is drawn from 0, …, k1 − 1, so
 * that the gradient is not cut at the same places in every epoch.
 */
export class StreamBatches implements Batches {
  readonly rows: number;
  readonly window: number;
  readonly stride: number;
  readonly targets: number;
  readonly #ids: Ids;
  readonly #starts: Float64Array;
  /** The number of steps of the longest rows. */
  readonly #steps: number;
  readonly #seed: string | number;
  #step = 0;
  #epoch = 0;
  #offset = 0;

  /** UserError if the text is too short to give each row a step. */
  constructor(part: StreamPart, options: BatchOptions, seed: string | number = 0) {
    const { rows, window, stride } = resolveBatchOptions(options);
    if (part.targets < rows) {
      const use = part.targets > 0 ? `use a batch of ${part.targets} at most, or a longer text` : 'use a longer text';
      const symbols = part.ids.length === 1 ? '1 symbol' : `${part.ids.length} symbols`;
      throw new UserError(
        `the training text has ${symbols}, and a batch of ${rows} needs at least ${rows + 1}; ${use}`,
      );
    }
    this.rows = rows;
    this.window = window;
    this.stride = stride;
    this.targets = part.targets;
    this.#ids = part.ids;
    this.#starts = rowStarts(part.targets, rows);
    this.#steps = Math.ceil(part.targets / rows);
    this.#seed = seed;
  }

  next(inputs: Int32Array, targets: Int32Array, keep: Int32Array): Window {
    const first = this.#step;
    const before = first === 0 ? this.#offset : 0;
    const steps = Math.min(this.window - before, this.#steps - first);
    const again = first === 0 ? 0 : this.window - this.stride;
    const counted = fillFromStream(this.#ids, this.#starts, first, steps, again, inputs, targets, keep);
    const ends = first + steps === this.#steps;
    const done = ends ? this.targets : (first + steps) * this.rows;
    const epoch = this.#epoch + done / this.targets;
    const advance = Math.min(this.stride - before, steps);
    if (ends) this.#begin(this.#epoch + 1);
    else this.#step = first + advance;
    return { steps, advance, counted, epoch };
  }

  state(): StreamBatchState {
    return { mode: 'stream', step: this.#step, epoch: this.#epoch };
  }

  restore(state: BatchState): void {
    const fits =
      state.mode === 'stream' &&
      Number.isSafeInteger(state.epoch) &&
      state.epoch >= 0 &&
      Number.isSafeInteger(state.step) &&
      state.step >= 0 &&
      state.step < this.#steps;
    if (fits) this.#begin(state.epoch);
    if (!fits || (state.step > 0 && (state.step + this.#offset) % this.stride !== 0)) {
      throw new UserError('the saved place in the text belongs to another text or batch; start training anew');
    }
    this.#step = state.step;
  }

  #begin(epoch: number): void {
    this.#epoch = epoch;
    this.#step = 0;
    this.#offset = epoch === 0 ? 0 : new Random(`${this.#seed}/offset/${epoch}`).integer(this.stride);
  }
}

/** The start of each of `rows` rows among `targets` predictions, and then the end of the last row. */
export function rowStarts(targets: number, rows: number): Float64Array {
  return Float64Array.from({ length: rows + 1 }, (_, row) => Math.floor((row * targets) / rows));
}

/**
 * Fills the arrays with the steps `first` … `first + steps` − 1 of every row. The first `again` of them are not counted. After the end of
 * a row the input is 0 and the target −1. Step 0 starts from a state of zero. Returns the number of targets that are counted.
 */
export function fillFromStream(
  ids: Ids,
  starts: Float64Array,
  first: number,
  steps: number,
  again: number,
  inputs: Int32Array,
  targets: Int32Array,
  keep: Int32Array,
): number {
  const rows = starts.length - 1;
  let counted = 0;
  for (let row = 0; row < rows; row++) {
    const start = starts[row]! + first;
    const end = starts[row + 1]!;
    let at = row;
    for (let t = 0; t < steps; t++) {
      const position = start + t;
      const inside = position < end;
      inputs[at] = inside ? ids[position]! : 0;
      const counts = inside && t >= again;
      targets[at] = counts ? ids[position + 1]! : -1;
      if (counts) counted++;
      keep[at] = 1;
      at += rows;
    }
    if (first === 0 && steps > 0) keep[row] = 0;
  }
  return counted;
}
