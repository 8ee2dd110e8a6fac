import { UserError } from '../errors.ts';
import { concatBytes } from './text.ts';

/** A text is judged by this many bytes from its start. */
const JUDGED = 512;

export type Utf16 = 'utf-16le' | 'utf-16be';

/**
 * Hands on the bytes of a text in UTF-8. A text in UTF-16 is converted. UTF-16 shows by its byte order mark or, without one, by NUL bytes: in
 * European text, nearly every second byte is NUL, and text in UTF-8 has no NUL.
 */
export class Utf16Converter {
  readonly #name: string;
  #held: Uint8Array | undefined = new Uint8Array(0);
  #decoder: { decode(bytes: Uint8Array, options: { stream: boolean }): string } | undefined;
  #encoding: Utf16 | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /** The encoding, if it is UTF-16. It is known after the first bytes. */
  get encoding(): Utf16 | undefined {
    return this.#encoding;
  }

  /** The bytes that can be handed on now. They may be `piece` itself. UserError if UTF-16 is damaged. */
  write(piece: Uint8Array): Uint8Array {
    if (this.#held === undefined) return this.#convert(piece, true);
    if (this.#held.length > 0) piece = concatBytes([this.#held, piece]);
    if (piece.length < JUDGED && mayBeUtf16(piece)) {
      this.#held = piece.slice();
      return new Uint8Array(0);
    }
    return this.#begin(piece, true);
  }

  /** The rest of the bytes. */
  end(): Uint8Array {
    return this.#held === undefined ? this.#convert(new Uint8Array(0), false) : this.#begin(this.#held, false);
  }

  #begin(first: Uint8Array, more: boolean): Uint8Array {
    this.#held = undefined;
    this.#encoding = judgeUtf16(first.subarray(0, JUDGED));
    if (this.#encoding) this.#decoder = new TextDecoder(this.#encoding, { fatal: true });
    return this.#convert(first, more);
  }

  #convert(bytes: Uint8Array, more: boolean): Uint8Array {
    if (!this.#decoder) return bytes;
    try {
      return new TextEncoder().encode(this.#decoder.decode(bytes, { stream: more }));
    } catch (cause) {
      throw new UserError(`${this.#name}: begins as UTF-16 but is damaged; convert the text to UTF-8`, { cause });
    }
  }
}

/** A whole text in UTF-8, converted where it is UTF-16. They may be the bytes themselves. UserError, beginning with `name`, if UTF-16 is damaged. */
export function inUtf8(bytes: Uint8Array, name: string): Uint8Array {
  const converter = new Utf16Converter(name);
  const [start, rest] = [converter.write(bytes), converter.end()];
  return rest.length === 0 ? start : concatBytes([start, rest]);
}

/** Whether a text that begins so may turn out to be UTF-16. A writer that waits for an answer to its first line gets one. */
function mayBeUtf16([first, second]: Uint8Array): boolean {
  if (first === undefined || first === 0 || first === 0xff || first === 0xfe) return true;
  return second === 0 || (second === undefined && first !== 0x0a);
}

/** The kind of UTF-16 that a text begins with. */
function judgeUtf16(bytes: Uint8Array): Utf16 | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const units = Math.floor(bytes.length / 2);
  const nulls = [0, 1].map(
    (side) => bytes.subarray(0, 2 * units).filter((byte, at) => at % 2 === side && byte === 0).length,
  );
  const [high = 0, low = 0] = nulls;
  // Characters such as U+0100 have a NUL on the other side.
  const isMost = (count: number, other: number) => units >= 2 && count > units / 2 && 4 * other < count;
  if (isMost(low, high)) return 'utf-16le';
  return isMost(high, low) ? 'utf-16be' : undefined;
}
