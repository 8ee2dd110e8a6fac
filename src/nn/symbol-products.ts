import type { Arena } from '../kernel/arena.ts';
import { type Address, type Kernels, NONE } from '../kernel/contract.ts';
import type { Embedded } from './signal.ts';
import type { Packed, PassDirection, Weight } from './weight.ts';

/** Where so many positions are read for each symbol, making the products of all symbols pays. */
const LEAST_READINGS = 4;

/** The most numbers of a table where it is not known how much will be read: 4 MiB, made in some milliseconds. */
const MOST_NUMBERS = 2 ** 20;

/**
 * A matrix W [D, N] that multiplies the rows of an embedding E [V, D]. A symbol has the same product wherever it occurs. So the products of all
 * symbols, b + E W [V, N], are made once for each state of the parameters, and a position takes the row of its symbol. The sums are those of the
 * positions' own products, in the same order, and so are the bits.
 */
export class SymbolProducts implements Packed {
  /** [V][N]. */
  readonly #rows: Address;
  readonly #width: number;
  readonly #weight: Weight;
  readonly #embedded: Embedded;
  readonly #start: Address;

  /** Whether the products of V symbols take less work, and little memory, beside those of the positions that will be read. */
  static isWorthwhile({ symbols, positions }: Embedded, width: number, training: boolean): boolean {
    return training ? LEAST_READINGS * symbols <= positions : symbols * width <= MOST_NUMBERS;
  }

  /** @param start b [N] */
  constructor(arena: Arena, weight: Weight, embedded: Embedded, start: Address, width: number) {
    this.#rows = arena.float(embedded.symbols * width);
    this.#weight = weight;
    this.#embedded = embedded;
    this.#start = start;
    this.#width = width;
  }

  /** Packs the weight, and makes the products before a forward pass. */
  pack(k: Kernels, direction: PassDirection, isOwn: boolean): void {
    this.#weight.pack(k, direction, isOwn);
    if (!isOwn || direction === 'backward') return;
    const { table, symbols } = this.#embedded;
    this.#weight.forwardFrom(k, this.#rows, this.#start, table.value, symbols, this.#width, this.#weight.rows);
  }

  /** out [count][N] ← b + W x of the positions first … first + count − 1. */
  forward(k: Kernels, out: Address, first: number, count: number): void {
    k.gatherRows(out, this.#rows, this.#embedded.ids + first, NONE, count, this.#width);
  }
}
