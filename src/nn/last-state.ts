import type { Arena } from '../kernel/arena.ts';
import type { Kernels } from '../kernel/contract.ts';
import { type BatchShape, type Pass, rowsAt, sourceRowOf } from './batch.ts';
import type { Module } from './module.ts';
import { type Reading, Signal } from './signal.ts';
import type { State } from './state.ts';
import type { Packed } from './weight.ts';

/**
 * The state of a recurrence after its last step, as a signal of one step: s_T [1][B][width]. The recurrence must have been made with
 * `givesFinalState`, for the gradient goes back to it in `carried`. It runs on the source.
 */
export class LastState implements Module {
  readonly states: readonly State[] = [];
  readonly weights: readonly Packed[] = [];
  readonly output: Signal;
  readonly #state: State;

  constructor(arena: Arena, shape: BatchShape, state: State) {
    this.#state = state;
    this.output = Signal.allocate(arena, { ...shape, steps: 1 }, state.width);
  }

  forward({ floats }: Kernels, { rows, sourceSteps = 0 }: Pass): void {
    const { width } = this.#state;
    const last = this.#state.final(sourceSteps);
    floats.copyWithin(this.output.values + rows.start * width, last + rows.start * width, last + rows.end * width);
  }

  backward({ floats }: Kernels, { rows }: Pass): void {
    const { width, carried } = this.#state;
    const { gradients, isRead } = this.output;
    const at = carried + rows.start * width;
    if (isRead) floats.copyWithin(at, gradients + rows.start * width, gradients + rows.end * width);
    else floats.fill(0, at, carried + rows.end * width);
  }

  /** Nothing: there are no tensors. */
  weightGradients(): void {}
}

/**
 * The initial state of a recurrence, taken from a signal of one step. The recurrence must have been made with `learnsInitialState`. It is made
 * after this module, which runs before it: `startOf` connects the two.
 */
export class FirstState implements Module {
  readonly states: readonly State[] = [];
  readonly weights: readonly Packed[] = [];
  readonly #input: Reading;
  #state: State | undefined;

  constructor(input: Signal) {
    this.#input = input.read();
  }

  /** Says whose initial state it is. */
  startOf(state: State): void {
    this.#state = state;
  }

  forward({ floats }: Kernels, pass: Pass): void {
    const { values, width } = this.#input.signal;
    const { initial } = this.#connected();
    for (let row = pass.rows.start; row < pass.rows.end; row++) {
      const from = values + sourceRowOf(pass, row) * width;
      floats.copyWithin(initial + row * width, from, from + width);
    }
  }

  backward({ floats }: Kernels, { rows }: Pass): void {
    const { signal, addsGradient } = this.#input;
    const { gradients, width } = signal;
    const { carried } = this.#connected();
    const [first, count] = [rows.start * width, (rows.end - rows.start) * width];
    if (!addsGradient()) floats.fill(0, gradients + first, gradients + first + count);
    for (let j = first; j < first + count; j++) floats[gradients + j]! += floats[carried + j]!;
  }

  weightGradients(): void {}

  #connected(): State {
    if (!this.#state) throw new RangeError('a first state must be connected to the recurrence that it starts');
    return this.#state;
  }
}

/** A signal of one step, repeated at every step: x_t = x. Its gradient is the sum over the steps. */
export class Repeat implements Module {
  readonly states: readonly State[] = [];
  readonly weights: readonly Packed[] = [];
  readonly output: Signal;
  readonly #input: Reading;
  readonly #batch: number;

  constructor(arena: Arena, shape: BatchShape, input: Signal) {
    this.#input = input.read();
    this.#batch = shape.rows;
    this.output = Signal.allocate(arena, shape, input.width);
  }

  forward({ floats }: Kernels, pass: Pass): void {
    const { values, width } = this.#input.signal;
    for (let row = pass.rows.start; row < pass.rows.end; row++) {
      const from = values + sourceRowOf(pass, row) * width;
      for (let step = 0; step < pass.steps; step++) {
        floats.copyWithin(this.output.values + (step * this.#batch + row) * width, from, from + width);
      }
    }
  }

  backward({ floats }: Kernels, pass: Pass): void {
    const { signal, addsGradient } = this.#input;
    const { gradients: into, width } = signal;
    if (!addsGradient()) floats.fill(0, into + pass.rows.start * width, into + pass.rows.end * width);
    for (let step = 0; step < pass.steps; step++) {
      const { start, end } = rowsAt(pass, step);
      const from = this.output.gradients + step * this.#batch * width;
      for (let j = start * width; j < end * width; j++) floats[into + j]! += floats[from + j]!;
    }
  }

  weightGradients(): void {}
}
