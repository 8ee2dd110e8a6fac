import { UserError } from '../errors.ts';

/** A sequence of symbols, each the number of its place in the vocabulary. */
export type Ids = Uint8Array | Uint16Array | Uint32Array;

/** Zeros, `length` of them, in the narrowest array that can hold the ids 0 … symbols − 1. UserError where memory lacks. */
export function allocateIds(symbols: number, length: number): Ids {
  try {
    if (symbols <= 0x100) return new Uint8Array(length);
    return symbols <= 0x10000 ? new Uint16Array(length) : new Uint32Array(length);
  } catch (cause) {
    throw new UserError(`a text of ${length} symbols does not fit into memory; give a part of it`, { cause });
  }
}

/**
 * Ids of a number not known in advance. `ids` is written to directly, from `length` on, after `reserve`; it is replaced
 * by a wider or a longer array as needed, so whoever holds it takes it anew after `reserve` and `widen`.
 *
 * It starts with one byte a symbol and is widened when symbols need it. Room reserved and not used costs
 * address space but no memory: the system provides pages when they are first written to.
 */
export class IdBuffer {
  ids: Ids = new Uint8Array(1 << 16);
  length = 0;
  #symbols = 0x100;

  /** The number of symbols that the width at present can tell apart. */
  get symbols(): number {
    return this.#symbols;
  }

  /** Makes room for `more` ids after those there are. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.ids.length) return;
    // By half as much again when the end isn't known, so that every id is moved about twice and no more.
    this.#move(Math.max(needed, Math.ceil(this.ids.length * 1.5)));
  }

  /** Makes ids below `symbols` possible. */
  widen(symbols: number): void {
    if (symbols <= this.#symbols) return;
    this.#symbols = symbols <= 0x10000 ? 0x10000 : 2 ** 32;
    this.#move(this.ids.length);
  }

  #move(capacity: number): void {
    const moved = allocateIds(this.#symbols, capacity);
    moved.set(this.ids.subarray(0, this.length));
    this.ids = moved;
  }
}

/** ids ← table[ids] for a table with values below `symbols`: in place where the width stays, else in a new array. */
export function mapIds(ids: Ids, table: Uint32Array, symbols: number): Ids {
  const length = ids.length;
  const width = allocateIds(symbols, 0).BYTES_PER_ELEMENT;
  const mapped = width === ids.BYTES_PER_ELEMENT ? ids : allocateIds(symbols, length);
  for (let i = 0; i < length; i++) mapped[i] = table[ids[i]!]!;
  return mapped;
}

/** How often each id below `symbols` occurs. */
export function countIds(ids: Ids, symbols: number): Float64Array {
  const counts = new Float64Array(symbols);
  const length = ids.length;
  for (let i = 0; i < length; i++) counts[ids[i]!]!++;
  return counts;
}
