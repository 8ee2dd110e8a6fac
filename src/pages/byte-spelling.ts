import { bytesOf, concatBytes, type Text } from '../text/text.ts';

/** A part of a text as a page shows it. An escape, such as `\xff`, stands for a byte that is no UTF-8. */
export interface ShownPart {
  readonly text: string;
  readonly isEscape?: true;
}

/** What stands before the two digits of a byte. */
const ESCAPE = '\\x';

const LAST_ASCII = 0x7f;

const STRICT = { fatal: true, ignoreBOM: true } as const;

/** Spells bytes that come one after the other: characters as they are, once they are whole, and other bytes as escapes. */
export class ByteSpelling {
  /** The bytes of a character that is not whole yet. */
  #held: number[] = [];

  /** The parts that are complete with these bytes. Characters that stand side by side are one part. */
  write(bytes: Iterable<number>): ShownPart[] {
    const parts: ShownPart[] = [];
    let text = '';
    for (const byte of bytes) {
      this.#held.push(byte);
      for (const part of this.#take()) {
        if (!part.isEscape) text += part.text;
        else {
          if (text !== '') parts.push({ text });
          parts.push(part);
          text = '';
        }
      }
    }
    return text === '' ? parts : [...parts, { text }];
  }

  /** Ends the text: what was held back can't become a character any more. */
  end(): ShownPart[] {
    return this.#held.splice(0).map(escaped);
  }

  #take(): ShownPart[] {
    const parts: ShownPart[] = [];
    while (this.#held.length > 0) {
      const [first = 0] = this.#held;
      if (first <= LAST_ASCII) {
        parts.push({ text: String.fromCharCode(first) });
        this.#held.shift();
        continue;
      }
      const text = decoded(this.#held, false);
      if (text !== undefined) {
        this.#held = [];
        return [...parts, { text }];
      }
      // The first bytes of a character wait for the others.
      if (decoded(this.#held, true) !== undefined) return parts;
      parts.push(escaped(this.#held.shift()!));
    }
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

/** The text of bytes; undefined where they are no UTF-8. With `stream`, the last character may lack bytes. */
function decoded(bytes: readonly number[], stream: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', STRICT).decode(Uint8Array.from(bytes), { stream });
  } catch {
    return undefined;
  }
}

function escaped(byte: number): ShownPart {
  return { text: `${ESCAPE}${byte.toString(16).padStart(2, '0')}`, isEscape: true };
}
