import { bytesOfLatin1, latin1Of } from '#host/bytes';
import { bytesOf, concatBytes, splitLines, type Text, textOf } from './text.ts';

/** The separator of a file in which every line is an example. */
export const LINE = '\n';

/** The separator of a file that is one example. */
export const FILE = '';

/** A separator as it is kept: CR LF is a newline there, which stands for any line end. It is bytes only if it is not UTF-8. */
export function separatorOf(given: Text): Text {
  return textOf(bytesOfLatin1(latin1Of(bytesOf(given)).replaceAll('\r\n', '\n')));
}

/** Bytes of an example, and what follows them. */
export interface RecordPart {
  readonly bytes: Uint8Array;
  /** Whether the example ends with these bytes. */
  readonly ends: boolean;
  /** The bytes that come next and belong to no example: a separator, say. */
  readonly left: Uint8Array;
}

/**
 * Cuts a file that arrives in pieces into examples, at its separators. A newline in the separator stands for any line end: LF or CR LF,
 * and CR as long as the file has no LF. No example has the line end at the end of the file. Where the separator is line ends only, no
 * example begins with a line end: two blank lines separate as one does.
 */
export class RecordSplitter {
  /** What separates as long as the file has no LF, and what does from then on. */
  readonly #separators: readonly [RegExp, RegExp] | undefined;
  /** The most bytes of a separator, and of a line end. So many are held back, because the next piece may complete a separator. */
  readonly #longest: number;
  readonly #isBlank: boolean;
  /** In Latin-1 every byte is a character, so regular expressions find the separators of any text. */
  #held = '';
  #hasNewline = false;
  /** Whether the present example has no bytes yet. */
  #isEmpty = true;
  /** How many separators there were. */
  found = 0;

  constructor(separator: Text) {
    const text = latin1Of(bytesOf(separator));
    if (text !== FILE) this.#separators = [patternOf(text, '(?:\\r\\n|\\n|\\r(?!\\n))'), patternOf(text, '\\r?\\n')];
    this.#longest = Math.max(2, text.replaceAll('\n', '\r\n').length);
    this.#isBlank = /^\n+$/.test(text);
  }

  write(piece: Uint8Array): RecordPart[] {
    this.#held += latin1Of(piece);
    this.#hasNewline ||= this.#held.includes('\n');
    return this.#cut(false);
  }

  /** The rest of the file. */
  end(): RecordPart[] {
    const parts = this.#cut(true);
    const last = this.#held.replace(/(?:\r\n|\n|\r)$/, '');
    return [...parts, { bytes: bytesOfLatin1(last), ends: true, left: bytesOfLatin1(this.#held.slice(last.length)) }];
  }

  /** Takes from what is held all examples that end there and, of the next one, what can't be part of a separator. */
  #cut(isWhole: boolean): RecordPart[] {
    const parts: RecordPart[] = [];
    let start = this.#skipBlank(0, parts);
    for (let found = this.#find(start, isWhole); found; found = this.#find(start, isWhole)) {
      const [separator] = found;
      parts.push({
        bytes: bytesOfLatin1(this.#held.slice(start, found.index)),
        ends: true,
        left: bytesOfLatin1(separator),
      });
      this.found++;
      this.#isEmpty = true;
      start = this.#skipBlank(found.index + separator.length, parts);
    }
    const certain = isWhole ? start : Math.max(start, this.#held.length - this.#longest);
    if (certain > start) {
      parts.push({ bytes: bytesOfLatin1(this.#held.slice(start, certain)), ends: false, left: NOTHING });
      this.#isEmpty = false;
    }
    this.#held = this.#held.slice(certain);
    return parts;
  }

  /** Where an example really begins that may begin at `start`. */
  #skipBlank(start: number, parts: RecordPart[]): number {
    if (!this.#isBlank || !this.#isEmpty) return start;
    const [blank] = /^[\r\n]*/.exec(this.#held.slice(start))!;
    if (blank !== '') parts.push({ bytes: NOTHING, ends: false, left: bytesOfLatin1(blank) });
    return start + blank.length;
  }

  /** The next separator. A CR at the end of what is held may be half of a line end. */
  #find(start: number, isWhole: boolean): RegExpExecArray | undefined {
    const separator = this.#separators?.[this.#hasNewline ? 1 : 0];
    if (!separator) return undefined;
    separator.lastIndex = start;
    const found = separator.exec(this.#held);
    if (!found || (!isWhole && found[0].endsWith('\r') && separator.lastIndex === this.#held.length)) return undefined;
    return found;
  }
}

/** The examples of a text, without those that are empty. */
export function splitTexts(text: Text, separator: Text): Text[] {
  if (separator === LINE) return splitLines(text).filter((line) => line.length > 0);
  const records: Text[] = [];
  const assembly = new RecordAssembly();
  const splitter = new RecordSplitter(separator);
  for (const part of [...splitter.write(bytesOf(text)), ...splitter.end()]) {
    const record = assembly.add(part);
    if (record) records.push(textOf(record));
  }
  return records;
}

/** Puts the parts of an example together. */
export class RecordAssembly {
  #parts: Uint8Array[] = [];
  /** The bytes of the present example so far. */
  length = 0;

  /** The example that ends with this part, unless it is empty. */
  add({ bytes, ends }: RecordPart): Uint8Array | undefined {
    this.#parts.push(bytes);
    this.length += bytes.length;
    if (!ends) return undefined;
    const record = this.length > 0 ? concatBytes(this.#parts) : undefined;
    this.#parts = [];
    this.length = 0;
    return record;
  }
}

/** A regular expression for a text in Latin-1, in which a newline is a line end as `lineEnd` has it. */
function patternOf(text: string, lineEnd: string): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replaceAll('\n', lineEnd), 'g');
}

const NOTHING = new Uint8Array(0);
