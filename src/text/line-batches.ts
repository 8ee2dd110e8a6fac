import { UserError } from '../errors.ts';
import { Random, type RandomState } from '../random.ts';
import type { Ids } from './ids.ts';
import type { LinePart } from './split.ts';
import {
  type Batches,
  type BatchOptions,
  type BatchState,
  type LineBatchState,
  resolveBatchOptions,
  type Window,
} from './windows.ts';

/**
 * Lines, packed end to end: a row walks one line at a time, reads `<stop>` w₁ … wₙ and predicts w₁ … wₙ `<stop>`, from a
 * state of zero, and then takes the next line of an order that is shuffled anew each epoch. A line that isn't done when
 * a window ends goes on in the next. Nothing is padded: every step of every window is counted, once.
 */
export class LineBatches implements Batches {
  readonly rows: number;
  readonly window: number;
  readonly stride: number;
  readonly targets: number;
  readonly #ids: Ids;
  readonly #lineStarts: Uint32Array;
  readonly #lines: Uint32Array;
  readonly #order: Uint32Array;
  #random: Random;
  #randomBefore: RandomState;
  #taken = 0;
  #counted = 0;
  /** Per row, where in the ids its next target is, and where its line ends; equal where it is to take a line. */
  readonly #positions: Float64Array;
  readonly #ends: Float64Array;
  /** The last k2 − k1 steps, which are fed again: [t][row]. None before the first window. */
  readonly #pastInputs: Int32Array;
  readonly #pastKeep: Int32Array;

  /** UserError where there is no line. */
  constructor(part: LinePart, options: BatchOptions, seed: string | number) {
    const { rows, window, stride } = resolveBatchOptions(options);
    if (part.lines.length === 0) throw new UserError('there is no line to train on; give at least one');
    this.rows = rows;
    this.window = window;
    this.stride = stride;
    this.targets = part.targets;
    this.#ids = part.ids;
    this.#lineStarts = part.lineStarts;
    this.#lines = part.lines;
    this.#order = new Uint32Array(part.lines.length);
    this.#random = new Random(`${seed}/lines`);
    this.#randomBefore = this.#random.state;
    this.#positions = new Float64Array(rows);
    this.#ends = new Float64Array(rows);
    this.#pastInputs = new Int32Array((window - stride) * rows);
    this.#pastKeep = new Int32Array((window - stride) * rows);
    this.#shuffle();
  }

  next(inputs: Int32Array, targets: Int32Array, keep: Int32Array): Window {
    const { rows, window } = this;
    const past = this.#counted === 0 ? 0 : this.#pastInputs.length;
    if (past > 0) {
      inputs.set(this.#pastInputs);
      keep.set(this.#pastKeep);
      targets.fill(-1, 0, past);
    }
    const ids = this.#ids;
    const positions = this.#positions;
    const ends = this.#ends;
    const size = window * rows;
    for (let at = past; at < size; ) {
      for (let row = 0; row < rows; row++, at++) {
        const fresh = positions[row] === ends[row];
        if (fresh) this.#takeLine(row);
        const position = positions[row]!;
        inputs[at] = ids[position - 1]!;
        targets[at] = ids[position]!;
        keep[at] = fresh ? 0 : 1;
        positions[row] = position + 1;
      }
    }
    const again = this.#pastInputs.length;
    for (let i = 0, from = size - again; i < again; i++, from++) {
      this.#pastInputs[i] = inputs[from]!;
      this.#pastKeep[i] = keep[from]!;
    }
    const counted = size - past;
    this.#counted += counted;
    return { steps: window, advance: this.stride, counted, epoch: this.#counted / this.targets };
  }

  state(): LineBatchState {
    return {
      mode: 'lines',
      random: this.#randomBefore,
      taken: this.#taken,
      counted: this.#counted,
      positions: [...this.#positions],
      ends: [...this.#ends],
      inputs: [...this.#pastInputs],
      keep: [...this.#pastKeep],
    };
  }

  restore(state: BatchState): void {
    if (state.mode !== 'lines' || !this.#fits(state)) {
      throw new UserError('the saved place in the text belongs to another text or batch; start training anew');
    }
    this.#random = Random.restore(state.random);
    this.#shuffle();
    this.#taken = state.taken;
    this.#counted = state.counted;
    this.#positions.set(state.positions);
    this.#ends.set(state.ends);
    this.#pastInputs.set(state.inputs);
    this.#pastKeep.set(state.keep);
  }

  #fits(state: LineBatchState): boolean {
    const { positions, ends, inputs, keep, taken, counted } = state;
    const again = this.#pastInputs.length;
    const within = (position: number, row: number) =>
      Number.isSafeInteger(position) && position >= 0 && position <= ends[row]! && ends[row]! <= this.#ids.length;
    return (
      positions.length === this.rows &&
      ends.length === this.rows &&
      positions.every(within) &&
      inputs.length === again &&
      keep.length === again &&
      Number.isSafeInteger(taken) &&
      taken >= 0 &&
      taken <= this.#order.length &&
      Number.isSafeInteger(counted) &&
      counted >= 0
    );
  }

  /** Each epoch's order is shuffled from the same start, so the generator's state alone brings it back. */
  #shuffle(): void {
    this.#randomBefore = this.#random.state;
    this.#order.set(this.#lines);
    this.#random.shuffle(this.#order);
    this.#taken = 0;
  }

  #takeLine(row: number): void {
    if (this.#taken === this.#order.length) this.#shuffle();
    const line = this.#order[this.#taken++]!;
    this.#positions[row] = this.#lineStarts[line]!;
    this.#ends[row] = this.#lineStarts[line + 1]!;
  }
}
