import type { Arena } from '../kernel/arena.ts';
import type { Address } from '../kernel/contract.ts';

/** Rows of zeros that products start from where they overwrite. Nobody writes to them. */
export class Zeros {
  readonly #arena: Arena;
  readonly #rows = new Map<number, Address>();

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** A row of so many zeros. To be asked for once before the memory is made; then it is known. */
  row(width: number): Address {
    const known = this.#rows.get(width);
    if (known !== undefined) return known;
    const row = this.#arena.float(width);
    this.#rows.set(width, row);
    return row;
  }
}
