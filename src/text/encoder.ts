import { message, option, UserError } from '../errors.ts';
import { GraphemeSplitter } from './graphemes.ts';
import { IdBuffer, type Ids } from './ids.ts';
import { idOf, type LineEnd } from './line-ends.ts';
import type { Layout } from './mode.ts';
import type { TextSymbol, Unit } from './symbols.ts';
import { TokenSplitter } from './tokens.ts';
import { countCharacters, Utf8Decoder } from './utf8.ts';

/** The provisional id of `<stop>`. The provisional ids of symbols follow, in the order in which the symbols first occur. */
export const STOP = 0;

/**
 * Turns the bytes of a corpus into provisional ids while the bytes arrive. The ids are provisional because the vocabulary is known only
 * after the last byte, and standard input can't be read twice.
 *
 * Where lines are examples, the encoder writes a `<stop>` at the start and after each line. It leaves out newlines, a CR before a newline,
 * and empty lines. In a text without newlines, CR alone ends a line. Where the caller divides the text into examples, it calls `endRecord`.
 *
 * Call `begin` for each source, `write` for each of its pieces, and `end`. Call `finish` after the last source.
 */
export class CorpusEncoder {
  readonly buffer: IdBuffer;
  /** The symbol of each provisional id. The entry of `<stop>` is not used. */
  readonly symbols: TextSymbol[] = [''];
  /** For each provisional id, the source in which its symbol first occurs. */
  readonly firstSeen: string[] = [''];
  /** The number of code points that were read. Where symbols are bytes, it is the number of bytes except UTF-8 continuation bytes. */
  characters = 0;
  readonly #unit: Unit;
  readonly #lines: boolean;
  #source = '';
  #utf8 = new Utf8Decoder('');
  #codePoints = new Int32Array(0);
  #hasNewline = false;
  /** Where the present line begins in the buffer. */
  #lineStart = 0;
  /** The provisional id of each code point or byte, 0 if it has not occurred yet; below, of each cluster. */
  readonly #idOfCode: Int32Array;
  readonly #idOfCluster = new Map<string, number>();
  readonly #splitter: GraphemeSplitter | TokenSplitter;

  /** @param mostBytes the most bytes that all sources can have together */
  constructor(unit: Unit, layout: Layout, mostBytes?: number) {
    this.buffer = new IdBuffer(mostBytes);
    this.#unit = unit;
    this.#lines = layout === 'lines';
    this.#idOfCode = new Int32Array(unit === 'codepoint' ? 0x110000 : 0x100);
    const write = (cluster: string): void => this.#writeCluster(cluster);
    this.#splitter = unit === 'token' ? new TokenSplitter(write) : new GraphemeSplitter(write);
    if (layout !== 'stream') this.#writeStop();
  }

  /** @param bytes the number of bytes of the source, or 0 if it is not known */
  begin(source: string, bytes: number): void {
    this.#source = source;
    this.#utf8 = new Utf8Decoder(source);
    // A symbol has at least one byte. A last line without a newline needs one more place, for its `<stop>`.
    this.buffer.reserve(bytes + 1);
  }

  /** UserError if the bytes are not UTF-8, except where symbols are bytes. */
  write(bytes: Uint8Array): void {
    if (this.#unit === 'byte') {
      this.characters += countCharacters(bytes);
      this.#writeCodes(bytes, bytes.length);
      return;
    }
    if (this.#codePoints.length < bytes.length) this.#codePoints = new Int32Array(bytes.length);
    const count = this.#utf8.decode(bytes, this.#codePoints);
    this.characters += count;
    if (this.#unit === 'codepoint') this.#writeCodes(this.#codePoints, count);
    else this.#writeText(fromCodePoints(this.#codePoints.subarray(0, count)));
  }

  /** Bytes of the source that are no text: a byte order mark. */
  skip(bytes: number): void {
    this.#utf8.skip(bytes);
  }

  /** Ends the present example and leaves out what separates it from the next one. Nothing is written for an empty example. */
  endRecord(separator: Uint8Array): void {
    this.#splitter.end();
    this.#endWholeLine();
    this.leaveOut(separator);
  }

  /** Characters of the text that belong to no example. */
  leaveOut(bytes: Uint8Array): void {
    this.characters += countCharacters(bytes);
    this.#utf8.skip(bytes.length);
  }

  /** UserError if the source ends within a character. */
  end(): void {
    this.#utf8.end();
    if (!this.#lines) return;
    this.#splitter.end();
    this.#endLine();
  }

  /**
   * Ends the whole text. In stream mode, a grapheme cluster may go on from one source to the next. In lines mode, CR ends the lines of
   * a text that has no newline, unless CR is a symbol of the vocabulary that the text is read with.
   */
  finish(isReturnSymbol: boolean): void {
    this.#splitter.end();
    const cr = idOf(this.symbols, '\r');
    if (this.#lines && !this.#hasNewline && !isReturnSymbol && cr > 0) this.#endLinesAt(cr);
  }

  /** The text so far, in provisional ids. */
  get provisional(): Ids {
    return this.buffer.ids.subarray(0, this.buffer.length);
  }

  /** Replaces each line end `from` of a stream by `to`. */
  replaceLineEnds(from: LineEnd, to: LineEnd): void {
    const { buffer } = this;
    const [before, after] = [this.#idsOf(from), this.#idsOf(to)];
    const ids = buffer.ids.slice(0, buffer.length);
    buffer.length = 0;
    for (let at = 0; at < ids.length; at++) {
      buffer.reserve(after.length);
      if (before.every((id, offset) => ids[at + offset] === id)) {
        for (const id of after) buffer.ids[buffer.length++] = id;
        at += before.length - 1;
      } else {
        buffer.ids[buffer.length++] = ids[at]!;
      }
    }
  }

  /** Whether a stream ends with this line end. */
  endsWith(end: LineEnd): boolean {
    const { ids, length } = this.buffer;
    const own = this.#idsOf(end);
    return own.every((id, offset) => ids[length - own.length + offset] === id);
  }

  /** The provisional ids of a line end. A symbol that has not occurred gets an id. */
  #idsOf(end: LineEnd): number[] {
    const parts = this.#unit === 'grapheme' ? [end] : [...end];
    return parts.map((part) => {
      const known = idOf(this.symbols, part);
      return known > 0 ? known : this.#add(this.#unit === 'byte' ? part.charCodeAt(0) : part);
    });
  }

  #endLinesAt(cr: number): void {
    const { buffer } = this;
    const { ids, length } = buffer;
    buffer.length = 1; // the first <stop>
    for (let at = 1; at < length; at++) {
      const id = ids[at] === cr ? STOP : ids[at]!;
      const isEmptyLine = id === STOP && ids[buffer.length - 1] === STOP;
      if (!isEmptyLine) ids[buffer.length++] = id;
    }
  }

  #writeText(text: string): void {
    this.#splitter.write(text);
    if (this.#splitter.held <= MOST_HELD) return;
    throw new UserError(
      message`${this.#source}: a ${this.#unit} has more than ${MOST_HELD} characters, which no real text has; use ${option('unit')} codepoint`,
    );
  }

  #writeCodes(codes: Uint8Array | Int32Array, count: number): void {
    const { buffer } = this;
    buffer.reserve(count + 1);
    for (let next = 0; next < count; next++) {
      const known = translateKnown(buffer.ids, buffer.length, codes, next, count, this.#idOfCode);
      buffer.length += known;
      next += known;
      if (next === count) return;
      const code = codes[next]!;
      if (this.#lines && code === NEWLINE) {
        this.#hasNewline = true;
        this.#endLine();
      } else {
        const id = this.#add(this.#unit === 'byte' ? code : String.fromCodePoint(code));
        this.#idOfCode[code] = id;
        buffer.ids[buffer.length++] = id;
      }
    }
  }

  #writeCluster(cluster: string): void {
    if (this.#lines && (cluster === '\n' || cluster === '\r\n')) {
      this.#hasNewline = true;
      // CR LF is one cluster. A CR before this cluster belongs to the line.
      if (cluster === '\r\n') this.#endWholeLine();
      else this.#endLine();
      return;
    }
    let id = this.#idOfCluster.get(cluster);
    if (id === undefined) {
      id = this.#add(cluster);
      this.#idOfCluster.set(cluster, id);
    }
    this.buffer.reserve(1);
    this.buffer.ids[this.buffer.length++] = id;
  }

  #add(symbol: TextSymbol): number {
    const id = this.symbols.push(symbol) - 1;
    if (id > MOST_SYMBOLS) {
      throw new UserError(
        message`${this.#source}: there are more than ${MOST_SYMBOLS} different symbols; use ${option('unit')} codepoint or byte`,
      );
    }
    this.firstSeen.push(this.#source);
    this.buffer.widen(id + 1);
    return id;
  }

  /** Ends the present line and leaves out a CR at its end. Nothing is written for an empty line. */
  #endLine(): void {
    const { buffer } = this;
    if (buffer.length > this.#lineStart) {
      const last = this.symbols[buffer.ids[buffer.length - 1]!];
      if (last === '\r' || last === CARRIAGE_RETURN) buffer.length--;
    }
    this.#endWholeLine();
  }

  #endWholeLine(): void {
    if (this.buffer.length > this.#lineStart) this.#writeStop();
  }

  #writeStop(): void {
    this.buffer.reserve(1);
    this.buffer.ids[this.buffer.length++] = STOP;
    this.#lineStart = this.buffer.length;
  }
}

/** The number of code points in Unicode. A checkpoint can't hold more symbols. */
const MOST_SYMBOLS = 0x110000;

/** The most UTF-16 units of one cluster. No writing has clusters as long as this; without a limit, one could fill the memory. */
const MOST_HELD = 1 << 20;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * ids[length + i] ← idOfCode[codes[first + i]] for i = 0, 1, …, up to the first code without an id or to `count`. Returns how many ids
 * it wrote. Every symbol of a text passes through this loop, so it is a separate function whose variables are all local.
 */
function translateKnown(
  ids: Ids,
  length: number,
  codes: Uint8Array | Int32Array,
  first: number,
  count: number,
  idOfCode: Int32Array,
): number {
  let next = first;
  let free = length;
  while (next < count) {
    const id = idOfCode[codes[next]!]!;
    if (id === 0) break;
    ids[free++] = id;
    next++;
  }
  return next - first;
}

function fromCodePoints(codePoints: Int32Array): string {
  let text = '';
  // In parts, because the number of arguments of a call is limited.
  for (let i = 0; i < codePoints.length; i += 4096) text += String.fromCodePoint(...codePoints.subarray(i, i + 4096));
  return text;
}
