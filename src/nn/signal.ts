import type { Arena } from '../kernel/arena.ts';
import { type Address, NONE } from '../kernel/contract.ts';
import type { BatchShape } from './batch.ts';

/**
 * Numbers that one module writes and other modules read: x [T][B][width], and ∂L/∂x of the same shape.
 *
 * Several modules may read one signal: ∂L/∂x is the sum of what each of them contributes. Modules run backward in reverse order, so the
 * reader that was made last comes first, and overwrites what an earlier window left in the gradient; all others add to it.
 */
export class Signal {
  readonly values: Address;
  /** NONE where no gradients are asked for. */
  readonly gradients: Address;
  readonly width: number;
  #readers = 0;
  #exclusive = false;

  constructor(values: Address, gradients: Address, width: number) {
    this.values = values;
    this.gradients = gradients;
    this.width = width;
  }

  /** A signal with room of its own. */
  static allocate(arena: Arena, { steps, rows, training }: BatchShape, width: number): Signal {
    const count = steps * rows * width;
    return new Signal(arena.float(count), training ? arena.float(count) : NONE, width);
  }

  /** Whether any module reads the signal; else nobody writes its gradient. */
  get isRead(): boolean {
    return this.#readers > 0;
  }

  /** To be called once by every module that reads the signal, in the order in which the modules run forward. */
  read(): Reading {
    if (this.#exclusive) throw new RangeError('a signal whose gradient is used in place can have one reader only');
    const place = this.#readers++;
    return { signal: this, addsGradient: () => place < this.#readers - 1 };
  }

  /** Like `read`, for a module that changes the gradient in place and so must be the only reader. */
  readAlone(): Signal {
    if (this.#readers > 0) throw new RangeError('a signal whose gradient is used in place can have one reader only');
    this.#readers = 1;
    this.#exclusive = true;
    return this;
  }
}

/** A module's reading of a signal. */
export interface Reading {
  readonly signal: Signal;
  /** Whether the module adds to the signal's gradient, for another reader has written its contribution before; else it overwrites. */
  readonly addsGradient: () => boolean;
}
