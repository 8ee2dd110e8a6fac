import { UserError } from '../errors.ts';

/** A sequence of symbols as numbers: an id is a symbol's place in the vocabulary. */
export type Ids = Uint8Array | Uint16Array | Uint32Array;

/** `length` zeros in the narrowest array that can hold the ids 0 … symbols − 1. UserError if there is not enough memory. */
export function allocateIds(symbols: number, length: number): Ids {
  try {
    const width = widthOf(symbols);
    return viewOf(new ArrayBuffer(length * width), 0, length, width);
  } catch (cause) {
    throw new UserError(`a text of ${length} symbols does not fit into memory; give a part of it`, { cause });
  }
}

/** A buffer that would grow to this many bytes reserves room for the longest possible text. Reserved room costs no memory until it is filled. */
const LEAP_BYTES = 2 ** 28;

/**
 * A growing list of ids. Callers first `reserve` room and then write to `ids` directly, from `length` on. `reserve` and `widen` may
 * replace `ids` by a longer or a wider array, so callers must read the field again after both.
 *
 * The list starts with one byte for each symbol. When there are too many different symbols for one byte, it is widened to two, in
 * place: there is room for two bytes from the start. Room that is reserved but not used costs address space and no memory, because
 * the system provides a page of memory when the page is first written to. So a text takes as much memory as its ids, with
 * two exceptions: at most a quarter of a gigabyte of a text from a pipe is copied when the list grows, and ids are copied when they
 * are widened to four bytes.
 */
export class IdBuffer {
  ids: Ids = new Uint8Array(1 << 16);
  length = 0;
  readonly #mostBytes: number;
  #symbols = 0x100;

  /** @param mostBytes the size of the longest possible text */
  constructor(mostBytes = 2 ** 32) {
    this.#mostBytes = mostBytes;
  }

  /** The number of different symbols that the present width can hold. */
  get symbols(): number {
    return this.#symbols;
  }

  /** Makes room for `more` ids after the present ones. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.ids.length) return;
    const leap = this.ids.byteLength >= LEAP_BYTES / 2 ? this.#mostBytes + 1 : 2 * this.ids.length;
    this.#move(needed, Math.max(needed, leap));
  }

  /** Makes the array wide enough for all ids below `symbols`. */
  widen(symbols: number): void {
    if (symbols <= this.#symbols) return;
    this.#symbols = symbols <= 0x10000 ? 0x10000 : 2 ** 32;
    const narrow = this.ids;
    if (widthOf(this.#symbols) > 2 || narrow.buffer.byteLength < 2 * narrow.length) {
      this.#move(narrow.length, narrow.length);
      return;
    }
    const wide = new Uint16Array(narrow.buffer, 0, narrow.length);
    // From the end to the start, so that no id is overwritten before it is read.
    for (let i = this.length - 1; i >= 0; i--) wide[i] = narrow[i]!;
    this.ids = wide;
  }

  /**
   * Moves the ids to an array of the present width with room for `wanted` ids. If the system refuses so much, the array is smaller,
   * but always has room for `needed` ids.
   */
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

/** `length` ids of `width` bytes, in a buffer that has room for as many ids of `roomWidth` bytes. Undefined if the system refuses the memory. */
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
 * Replaces each id by table[id]. All values of the table are below `symbols`. The result is written over `ids` unless it needs a wider
 * array. Narrower ids can be written in place too: writing from the start never passes the place that is read.
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
