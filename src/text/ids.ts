import { UserError } from '../errors.ts';

/** A sequence of symbols, each the number of its place in the vocabulary. */
export type Ids = Uint8Array | Uint16Array | Uint32Array;

/** Zeros, `length` of them, in the narrowest array that can hold the ids 0 … symbols − 1. UserError where memory lacks. */
export function allocateIds(symbols: number, length: number): Ids {
  try {
    const width = widthOf(symbols);
    return viewOf(new ArrayBuffer(length * width), 0, length, width);
  } catch (cause) {
    throw new UserError(`a text of ${length} symbols does not fit into memory; give a part of it`, { cause });
  }
}

/** Bytes from which a buffer that must grow takes all the room that a text may need, for room costs nothing until it is filled. */
const LEAP_BYTES = 2 ** 28;

/**
 * Ids of a number not known in advance. `ids` is written to directly, from `length` on, after `reserve`; it is replaced
 * by a wider or a longer array as needed, so whoever holds it takes it anew after `reserve` and `widen`.
 *
 * It starts with one byte a symbol and is widened when symbols need it: in place, for there is room for two from the start. Room
 * reserved and not used costs address space but no memory: the system provides pages when they are first written to. So a
 * text never takes more than its ids do, but while what was read of a pipe, a quarter of a gigabyte at most, is moved.
 */
export class IdBuffer {
  ids: Ids = new Uint8Array(1 << 16);
  length = 0;
  readonly #mostBytes: number;
  #symbols = 0x100;

  /** @param mostBytes the longest text that there can be */
  constructor(mostBytes = 2 ** 32) {
    this.#mostBytes = mostBytes;
  }

  /** The number of symbols that the width at present can tell apart. */
  get symbols(): number {
    return this.#symbols;
  }

  /** Makes room for `more` ids after those there are. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.ids.length) return;
    const leap = this.ids.byteLength >= LEAP_BYTES / 2 ? this.#mostBytes + 1 : 2 * this.ids.length;
    this.#move(needed, Math.max(needed, leap));
  }

  /** Makes ids below `symbols` possible. */
  widen(symbols: number): void {
    if (symbols <= this.#symbols) return;
    this.#symbols = symbols <= 0x10000 ? 0x10000 : 2 ** 32;
    const narrow = this.ids;
    if (widthOf(this.#symbols) > 2 || narrow.buffer.byteLength < 2 * narrow.length) {
      this.#move(narrow.length, narrow.length);
      return;
    }
    const wide = new Uint16Array(narrow.buffer, 0, narrow.length);
    // From the end: what is written lies behind all that is still to be read.
    for (let i = this.length - 1; i >= 0; i--) wide[i] = narrow[i]!;
    this.ids = wide;
  }

  /** To an array of the present width with room for `wanted` ids; for fewer, but for `needed`, where the system has no such room. */
  #move(needed: number, wanted: number): void {
    const width = widthOf(this.#symbols);
    const moved =
      tryIds(width, wanted, Math.max(2, width)) ??
      tryIds(width, wanted, width) ??
      tryIds(width, Math.min(wanted, Math.ceil(1.5 * needed)), width) ??
      allocateIds(this.#symbols, needed);
    moved.set(this.ids.subarray(0, this.length));
    this.ids = moved;
  }
}

function widthOf(symbols: number): 1 | 2 | 4 {
  if (symbols <= 0x100) return 1;
  return symbols <= 0x10000 ? 2 : 4;
}

/** Ids of a width in a buffer with room for as many of another; nothing where the system doesn't give it. */
function tryIds(width: 1 | 2 | 4, length: number, roomWidth: number): Ids | undefined {
  try {
    return viewOf(new ArrayBuffer(length * roomWidth), 0, length, width);
  } catch {
    return undefined;
  }
}

function viewOf(buffer: ArrayBufferLike, offset: number, length: number, width: 1 | 2 | 4): Ids {
  if (width === 1) return new Uint8Array(buffer, offset, length);
  return width === 2 ? new Uint16Array(buffer, offset, length) : new Uint32Array(buffer, offset, length);
}

/**
 * ids ← table[ids] for a table with values below `symbols`: in the same memory, but where they get wider. Narrower ones, written
 * from the start, never get ahead of what is read.
 */
export function mapIds(ids: Ids, table: Uint32Array, symbols: number): Ids {
  const { buffer, byteOffset, length } = ids;
  const width = widthOf(symbols);
  const wider = width > ids.BYTES_PER_ELEMENT;
  const mapped = wider ? allocateIds(symbols, length) : viewOf(buffer, byteOffset, length, width);
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
