import type { Arena } from '../kernel/arena.ts';
import { type Address, type Floats, type Kernels, NONE } from '../kernel/contract.ts';
import type { BatchShape } from './batch.ts';
import type { Direction } from './direction.ts';

/**
 * What a recurrence carries from step to step, such as h or c: blocks s [T+1][B][width], which hold it before and after every step
 * (nn/direction.ts says which block is which), and the gradient ∂L/∂s on its way back.
 */
export class State {
  readonly width: number;
  readonly blocks: Address;
  /**
   * [B][width] ∂L/∂s of the step that is gone back through: what later steps have contributed. After the backward pass of a recurrence whose
   * start has a gradient, this is ∂L/∂s₀.
   */
  readonly carried: Address;
  readonly #rows: number;
  readonly #direction: Direction;

  constructor(arena: Arena, { steps, rows, training }: BatchShape, width: number, direction: Direction) {
    this.width = width;
    this.blocks = arena.float((steps + 1) * rows * width);
    this.carried = training ? arena.float(rows * width) : NONE;
    this.#rows = rows;
    this.#direction = direction;
  }

  /** Where block `index` begins. */
  block(index: number): Address {
    return this.blocks + index * this.#rows * this.width;
  }

  /** [B][width] the state before the first of `steps` steps. */
  initial(steps: number): Address {
    return this.block(this.#direction.initialBlock(steps));
  }

  /** [B][width] the state after the last of `steps` steps. */
  final(steps: number): Address {
    return this.block(this.#direction.finalBlock(steps));
  }

  /** The state after `steps` steps becomes the state before the first, for `rows` rows: what truncated BPTT carries on. */
  carry({ floats }: Kernels, steps: number, rows = this.#rows): void {
    const after = this.block(steps);
    floats.copyWithin(this.blocks, after, after + rows * this.width);
  }

  /** A copy of the state before the first step for `rows` rows from `first` on: [rows][width]. */
  save({ floats }: Kernels, first = 0, rows = this.#rows): Floats {
    return floats.slice(this.blocks + first * this.width, this.blocks + (first + rows) * this.width);
  }

  /** Takes up what `save` gave, from row `first` on. */
  load({ floats }: Kernels, saved: ArrayLike<number>, first = 0): void {
    floats.set(saved, this.blocks + first * this.width);
  }

  /** Row r takes up the state of row from[r], for as many rows as `from` has. */
  move(k: Kernels, from: ArrayLike<number>): void {
    const { floats } = k;
    const before = this.save(k);
    for (let row = 0; row < from.length; row++) {
      const at = from[row]! * this.width;
      floats.set(before.subarray(at, at + this.width), this.blocks + row * this.width);
    }
  }

  /** Sets the state before the first step to s₀ = 0, for `rows` rows from `first` on. */
  reset({ floats }: Kernels, first = 0, rows = this.#rows): void {
    floats.fill(0, this.blocks + first * this.width, this.blocks + (first + rows) * this.width);
  }
}
