import { concatBytes } from './text.ts';

/** The byte order mark of UTF-8. */
export const MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

/** Leaves out a byte order mark at the start of a text that comes in pieces. */
export class MarkRemover {
  #start: Uint8Array | undefined = new Uint8Array(0);
  /** How many bytes were left out. */
  removed = 0;

  write(piece: Uint8Array): Uint8Array {
    if (!this.#start) return piece;
    const start = this.#start.length > 0 ? concatBytes([this.#start, piece]) : piece;
    if (start.length < MARK.length && start.every((byte, at) => byte === MARK[at])) {
      this.#start = start.slice();
      return new Uint8Array(0);
    }
    this.#start = undefined;
    if (!MARK.every((byte, at) => start[at] === byte)) return start;
    this.removed = MARK.length;
    return start.subarray(MARK.length);
  }

  end(): Uint8Array {
    return this.#start ?? new Uint8Array(0);
  }
}
