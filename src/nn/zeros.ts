import type { Arena } from '../kernel/arena.ts';
import type { Address } from '../kernel/contract.ts';

/** Rows of zeros. A product that overwrites its output starts its sums from one. Nothing ever writes to them. */
export class Zeros {
  readonly #arena: Arena;
  readonly #rows = new Map<number, Address>();

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** [width] zeros. One row of each width serves all modules. */
  row(width: number): Address {
    const known = this.#rows.get(width);
    if (known !== undefined) return known;
    const row = this.#arena.float(width);
    this.#rows.set(width, row);
    return row;
  }
}
