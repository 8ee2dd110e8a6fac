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
 * Batches of lines, packed end to end. A row reads one line at a time: it starts from a state of zero, reads `<stop>` w₁ … wₙ and
 * predicts w₁ … wₙ `<stop>`. Then the row takes the next line. The order of the lines is shuffled for each epoch. A line that is not
 * finished at the end of a window continues in the next one. Nothing is padded: every step of every window is counted exactly once.
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
  /** For each row, where in the ids its next target is; below, where its line ends. The two are equal when the row needs a new line. */
  readonly #positions: Float64Array;
  readonly #ends: Float64Array;
  /** The last k2 − k1 steps, [t][row], which the next window repeats. The first window repeats none. */
  readonly #pastInputs: Int32Array;
  readonly #pastKeep: Int32Array;

  /** UserError if there is no line. */
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

  /** Shuffles the lines for an epoch. Every epoch starts from the same order, so the generator's state is enough to restore the result. */
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
