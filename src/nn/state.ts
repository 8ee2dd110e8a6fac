import type { Arena } from '../kernel/arena.ts';
import { type Address, type Floats, type Kernels, NONE } from '../kernel/contract.ts';
import type { BatchShape } from './batch.ts';
import { type Direction, FORWARDS } from './direction.ts';

/** One step of a recurrence, for the batch rows [row, row + rows). */
export interface Step {
  /** t: which of the [T] rows of a buffer belong to the step. */
  readonly time: number;
  /** The time of the step before. The first step has none: it starts from the initial state. */
  readonly previous: number | undefined;
  readonly row: number;
  readonly rows: number;
}

/**
 * What a recurrence carries from step to step, such as h or c: the state s₀ before the first step, the state s_t after every step, and the
 * gradient ∂L/∂s on its way back.
 */
export class State {
  readonly width: number;
  /** [B][width] s₀, the state before the first step. `values` follow it, so [T][B][width] from here are the states before the steps 0, 1, … */
  readonly initial: Address;
  /** [T][B][width] s_t, the state after the step at time t. */
  readonly values: Address;
  /**
   * [T][B][width] s₋ as each step uses it: the state before the step, zero in rows that are reset. The states themselves stay as they are, for the
   * backward pass.
   */
  readonly previous: Address;
  /** Whether s₋ is read where the states lie. Rows are then reset before the first step only. */
  readonly isReadInPlace: boolean;
  /**
   * [B][width] ∂L/∂s on its way back through time: during the backward pass of a step, what later steps have contributed. After the backward
   * pass of a layer that learns its initial state, it is ∂L/∂s₀.
   */
  readonly carried: Address;
  readonly #rows: number;
  readonly #direction: Direction;

  constructor(arena: Arena, shape: BatchShape, width: number, direction: Direction) {
    const { steps, rows, training, resetsAtStart = false } = shape;
    this.width = width;
    this.initial = arena.float((1 + steps) * rows * width);
    this.values = this.initial + rows * width;
    this.isReadInPlace = resetsAtStart && direction === FORWARDS;
    this.previous = this.isReadInPlace ? this.initial : arena.float(steps * rows * width);
    this.carried = training ? arena.float(rows * width) : NONE;
    this.#rows = rows;
    this.#direction = direction;
  }

  /** [rows][width] the state before a step, of the step's rows. */
  before({ previous, row }: Step): Address {
    return previous === undefined ? this.initial + row * this.width : this.#at(previous, row);
  }

  /** [rows][width] the state after a step, of the step's rows. */
  after({ time, row }: Step): Address {
    return this.#at(time, row);
  }

  /** [B][width] the state after the last of `steps` steps. */
  final(steps: number): Address {
    return steps === 0 ? this.initial : this.#at(this.#direction(steps - 1, steps), 0);
  }

  /** The state after `steps` steps becomes the initial state, for `rows` rows: what truncated BPTT carries on. */
  carry({ floats }: Kernels, steps: number, rows = this.#rows): void {
    const final = this.final(steps);
    floats.copyWithin(this.initial, final, final + rows * this.width);
  }

  /** A copy of the initial state of `rows` rows from `first` on: [rows][width]. */
  save({ floats }: Kernels, first = 0, rows = this.#rows): Floats {
    return floats.slice(this.initial + first * this.width, this.initial + (first + rows) * this.width);
  }

  /** Sets the initial state to what `save` returned, from row `first` on. */
  load({ floats }: Kernels, saved: ArrayLike<number>, first = 0): void {
    floats.set(saved, this.initial + first * this.width);
  }

  /**
   * Row r of the initial state becomes a copy of row ids[r], for `rows` rows. The states after steps are lost: the rows are gathered from a copy
   * there.
   *
   * @param ids int [rows], each below B
   */
  move(k: Kernels, ids: Address, rows: number): void {
    const { initial, values, width } = this;
    k.floats.copyWithin(values, initial, initial + this.#rows * width);
    k.gatherRows(initial, values, ids, NONE, rows, width);
  }

  /** Sets the initial state of `rows` rows from `first` on to 0. */
  reset({ floats }: Kernels, first = 0, rows = this.#rows): void {
    floats.fill(0, this.initial + first * this.width, this.initial + (first + rows) * this.width);
  }

  #at(time: number, row: number): Address {
    return this.values + (time * this.#rows + row) * this.width;
  }
}
