import { bytesOf, concatBytes, stringOf, type Text } from './text.ts';

/** A part of a text as a reader sees it. An escape, such as `\xff`, stands for a byte that is no UTF-8. */
export interface ShownPart {
  readonly text: string;
  readonly isEscape?: true;
}

/** What stands before the two digits of a byte. */
const ESCAPE = '\\x';

/** Spells bytes that come one after the other: characters as they are, once they are whole, and other bytes as escapes. */
export class ByteSpelling {
  /** The bytes of a character that is not whole yet. */
  #held = new Uint8Array();

  /** The parts that are complete with these bytes. Characters that stand side by side are one part. */
  write(bytes: Uint8Array): ShownPart[] {
    const all = this.#held.length === 0 ? bytes : concatBytes([this.#held, bytes]);
    const parts: ShownPart[] = [];
    let at = 0;
    let start = 0; // of the characters that stand side by side
    const endCharacters = (): void => {
      if (at > start) parts.push({ text: stringOf(all.subarray(start, at)) });
    };
    while (at < all.length) {
      const length = characterLength(all, at);
      if (at + length > all.length) break; // its first bytes wait for the others
      if (length === 0) {
        endCharacters();
        parts.push(escaped(all[at]!));
        start = at + 1;
      }
      at += Math.max(1, length);
    }
    endCharacters();
    this.#held = all.slice(at);
    return parts;
  }

  /** Ends the text: what was held back can't become a character any more. */
  end(): ShownPart[] {
    const parts = Array.from(this.#held, escaped);
    this.#held = new Uint8Array();
    return parts;
  }
}

/** A whole text in parts. */
export function partsOf(text: Text): ShownPart[] {
  if (typeof text === 'string') return [{ text }];
  const spelling = new ByteSpelling();
  return [...spelling.write(text), ...spelling.end()];
}

/** The bytes that parts of a text stand for. */
export function bytesOfParts(parts: readonly ShownPart[]): Uint8Array {
  return concatBytes(
    parts.map(({ text, isEscape }) =>
      isEscape ? Uint8Array.of(Number.parseInt(text.slice(ESCAPE.length), 16)) : bytesOf(text),
    ),
  );
}

function escaped(byte: number): ShownPart {
  return { text: `${ESCAPE}${byte.toString(16).padStart(2, '0')}`, isEscape: true };
}

/**
 * The length in bytes of the character that begins at `at`, as its first byte says; 0 where the bytes that are there can't be the beginning of one.
 * The bounds are those of `Utf8Decoder`.
 */
function characterLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  const length =
    lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  const end = Math.min(at + length, bytes.length);
  const [least, most] = SECOND[lead] ?? [0x80, 0xbf];
  for (let i = at + 1; i < end; i++) {
    const byte = bytes[i]!;
    if (i === at + 1 ? byte < least || byte > most : (byte & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/** The bounds of the second byte, where they are narrower than those of the others: they exclude overlong forms and surrogates. */
const SECOND: Readonly<Record<number, readonly [number, number]>> = {
  224: [0xa0, 0xbf],
  237: [0x80, 0x9f],
  240: [0x90, 0xbf],
  244: [0x80, 0x8f],
};
