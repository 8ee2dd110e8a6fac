import { message, option, UserError } from '../errors.ts';

/**
 * Decodes UTF-8 that arrives in pieces, which may be cut anywhere. It is the state machine of the WHATWG Encoding Standard, and it is
 * strict. These are a UserError: overlong forms, surrogates, numbers above U+10FFFF, a continuation byte without a first byte, and a
 * character that the end of the text cuts off. The message names the source, the first byte of the wrong sequence, and the offset of
 * that byte, counted from 0.
 */
export class Utf8Decoder {
  readonly #name: string;
  /** Bytes of this source before the next piece. */
  #offset = 0;
  /** Offset and value of the first byte of the character that is being read. */
  #start = 0;
  #lead = 0;
  #needed = 0;
  #codePoint = 0;
  #lower = 0x80;
  #upper = 0xbf;

  constructor(name: string) {
    this.#name = name;
  }

  /** Bytes of the source that are not text, between two characters. */
  skip(bytes: number): void {
    this.#offset += bytes;
  }

  /** Writes the code points of `bytes` to `codePoints` (at least as long as `bytes`) and returns how many. */
  decode(bytes: Uint8Array, codePoints: Int32Array): number {
    const length = bytes.length;
    let count = 0;
    let needed = this.#needed;
    let codePoint = this.#codePoint;
    let lower = this.#lower;
    let upper = this.#upper;
    for (let i = 0; i < length; i++) {
      const byte = bytes[i]!;
      if (needed === 0) {
        if (byte < 0x80) {
          codePoints[count++] = byte;
          continue;
        }
        this.#start = this.#offset + i;
        this.#lead = byte;
        if (byte >= 0xc2 && byte <= 0xdf) {
          needed = 1;
          codePoint = byte & 0x1f;
        } else if (byte >= 0xe0 && byte <= 0xef) {
          // The bounds of the second byte exclude overlong forms and surrogates.
          if (byte === 0xe0) lower = 0xa0;
          if (byte === 0xed) upper = 0x9f;
          needed = 2;
          codePoint = byte & 0xf;
        } else if (byte >= 0xf0 && byte <= 0xf4) {
          if (byte === 0xf0) lower = 0x90;
          if (byte === 0xf4) upper = 0x8f;
          needed = 3;
          codePoint = byte & 0x7;
        } else {
          throw this.#malformed('no character begins with it');
        }
      } else {
        if (byte < lower || byte > upper)
          throw this.#malformed(`the character it begins is broken by ${hex(byte)} at offset ${this.#offset + i}`);
        lower = 0x80;
        upper = 0xbf;
        codePoint = (codePoint << 6) | (byte & 0x3f);
        if (--needed === 0) codePoints[count++] = codePoint;
      }
    }
    this.#needed = needed;
    this.#codePoint = codePoint;
    this.#lower = lower;
    this.#upper = upper;
    this.#offset += length;
    return count;
  }

  /** The source ends here. UserError if the last character is not complete. */
  end(): void {
    if (this.#needed > 0) throw this.#malformed('the text ends within the character it begins');
  }

  #malformed(why: string): UserError {
    return new UserError(
      message`${this.#name}: not UTF-8: byte ${hex(this.#lead)} at offset ${this.#start}: ${why}; convert the text to UTF-8 (iconv -f WINDOWS-1252 -t UTF-8, if it is from Windows), or read its bytes as symbols with ${option('unit')} byte`,
    );
  }
}

/** How many characters bytes of UTF-8 are: all bytes count but those that continue a character. */
export function countCharacters(bytes: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < bytes.length; i++) if ((bytes[i]! & 0xc0) !== 0x80) count++;
  return count;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
