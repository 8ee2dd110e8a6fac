import type { Arena } from '../kernel/arena.ts';
import { type Address, NONE } from '../kernel/contract.ts';
import type { BatchShape } from './batch.ts';
import type { Parameter } from './parameters.ts';

/** That the rows of a signal are rows of a table E [V, width]: x_t = E[id_t]. */
export interface Embedded {
  /** int [T][B] the row of each position. */
  readonly ids: Address;
  readonly table: Parameter;
  /** V. */
  readonly symbols: number;
  /** T·B: the most positions that are read at once. */
  readonly positions: number;
}

/**
 * Numbers that one module writes and other modules read: x [T][B][width], and the gradient ∂L/∂x of the same shape.
 *
 * Several modules may read one signal. Then ∂L/∂x is the sum of their contributions. Modules run backward in reverse order, so the last reader
 * comes first: it overwrites what an earlier window has left in the gradient, and all other readers add to it.
 */
export class Signal {
  readonly values: Address;
  /** NONE where no gradients are needed. */
  readonly gradients: Address;
  readonly width: number;
  /** Of a signal that an embedding writes. */
  readonly embedded: Embedded | undefined;
  #readers = 0;
  #exclusive = false;

  constructor(values: Address, gradients: Address, width: number, embedded?: Embedded) {
    this.values = values;
    this.gradients = gradients;
    this.width = width;
    this.embedded = embedded;
  }

  /** A signal with memory of its own. */
  static allocate(arena: Arena, { steps, rows, training }: BatchShape, width: number, embedded?: Embedded): Signal {
    const count = steps * rows * width;
    return new Signal(arena.float(count), training ? arena.float(count) : NONE, width, embedded);
  }

  /** Whether any module reads the signal. If none does, no module writes its gradient. */
  get isRead(): boolean {
    return this.#readers > 0;
  }

  /** Every module that reads the signal calls this once for each reading, in the order in which the modules run forward. */
  read(): Reading {
    if (this.#exclusive) throw new RangeError('a signal whose gradient is used in place can have one reader only');
    const place = this.#readers++;
    return { signal: this, addsGradient: () => place < this.#readers - 1 };
  }

  /** Like `read`, for a module that changes the gradient in place and must therefore be the only reader. */
  readAlone(): Signal {
    if (this.#readers > 0) throw new RangeError('a signal whose gradient is used in place can have one reader only');
    this.#readers = 1;
    this.#exclusive = true;
    return this;
  }
}

/** One reading of a signal by a module. */
export interface Reading {
  readonly signal: Signal;
  /** Whether the module adds its contribution to the signal's gradient. If not, it is the first to contribute, and overwrites the gradient. */
  readonly addsGradient: () => boolean;
}
