import { message, option, UserError } from '../errors.ts';
import { GraphemeSplitter } from './graphemes.ts';
import { IdBuffer, type Ids } from './ids.ts';
import type { Mode } from './mode.ts';
import type { TextSymbol, Unit } from './symbols.ts';
import { Utf8Decoder } from './utf8.ts';

/** The provisional id of `<stop>`; those of symbols follow, in the order of their first appearance. */
export const STOP = 0;

/**
 * Turns the bytes of a corpus into provisional ids as they arrive: the vocabulary is known only after the last of them,
 * and standard input can't be read twice.
 *
 * In lines mode, `<stop>` is written first and after each line; newlines, a CR before one, and empty lines are left out.
 * Each source is begun, written to piece by piece, and ended; `finish` follows the last.
 */
export class CorpusEncoder {
  readonly buffer: IdBuffer;
  /** By provisional id. That of `<stop>` is a stand-in. */
  readonly symbols: TextSymbol[] = [''];
  /** By provisional id: the source in which a symbol was first seen. */
  readonly firstSeen: string[] = [''];
  /** Code points read; of a text read as bytes, those that its bytes would be in UTF-8. */
  characters = 0;
  readonly #unit: Unit;
  readonly #lines: boolean;
  #source = '';
  #utf8 = new Utf8Decoder('');
  /** Bytes of a byte order mark seen at the source's start; 3 when it is over with. */
  #mark = 0;
  #codePoints = new Int32Array(0);
  /** Where the line under way begins. */
  #lineStart = 0;
  /** Provisional id by code point or byte, 0 for none yet; and by cluster. */
  readonly #idOfCode: Int32Array;
  readonly #idOfCluster = new Map<string, number>();
  readonly #splitter: GraphemeSplitter;

  /** @param mostBytes of all sources together */
  constructor(unit: Unit, mode: Mode, mostBytes?: number) {
    this.buffer = new IdBuffer(mostBytes);
    this.#unit = unit;
    this.#lines = mode === 'lines';
    this.#idOfCode = new Int32Array(unit === 'codepoint' ? 0x110000 : 0x100);
    this.#splitter = new GraphemeSplitter((cluster) => this.#writeCluster(cluster));
    if (this.#lines) this.#writeStop();
  }

  /** `bytes`: how many there will be, or 0 where that isn't known. */
  begin(source: string, bytes: number): void {
    this.#source = source;
    this.#utf8 = new Utf8Decoder(source);
    this.#mark = 0;
    // No symbol has less than a byte, and an unended last line needs one for its `<stop>`.
    this.buffer.reserve(bytes + 1);
  }

  /** UserError where the bytes aren't the UTF-8 they should be. */
  write(bytes: Uint8Array): void {
    let start = 0;
    while (this.#mark < MARK.length && start < bytes.length) {
      if (bytes[start] === MARK[this.#mark]) {
        start++;
        if (++this.#mark === MARK.length) this.#utf8 = new Utf8Decoder(this.#source, MARK.length);
      } else {
        this.#giveUpMark();
      }
    }
    if (start < bytes.length) this.#write(bytes.subarray(start));
  }

  /** UserError where the source ends within a character. */
  end(): void {
    if (this.#mark < MARK.length) this.#giveUpMark();
    this.#utf8.end();
    if (!this.#lines) return;
    this.#splitter.end();
    this.#endLine();
  }

  finish(): void {
    this.#splitter.end();
  }

  /** What began like a byte order mark was none: it is text. */
  #giveUpMark(): void {
    const seen = this.#mark;
    this.#mark = MARK.length;
    this.#write(MARK.subarray(0, seen));
  }

  #write(bytes: Uint8Array): void {
    if (this.#unit === 'byte') {
      for (let i = 0; i < bytes.length; i++) if ((bytes[i]! & 0xc0) !== 0x80) this.characters++;
      this.#writeCodes(bytes, bytes.length);
      return;
    }
    if (this.#codePoints.length < bytes.length) this.#codePoints = new Int32Array(bytes.length);
    const count = this.#utf8.decode(bytes, this.#codePoints);
    this.characters += count;
    if (this.#unit === 'codepoint') this.#writeCodes(this.#codePoints, count);
    else this.#writeText(fromCodePoints(this.#codePoints.subarray(0, count)));
  }

  #writeText(text: string): void {
    this.#splitter.write(text);
    if (this.#splitter.held <= MOST_HELD) return;
    throw new UserError(
      message`${this.#source}: a grapheme cluster has more than ${MOST_HELD} characters, as no text does; use ${option('unit')} codepoint`,
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
      // CR LF is one cluster: a CR before it is the line's own.
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
        message`${this.#source}: more than ${MOST_SYMBOLS} different symbols; use ${option('unit')} codepoint or byte`,
      );
    }
    this.firstSeen.push(this.#source);
    this.buffer.widen(id + 1);
    return id;
  }

  /** Ends the line under way, leaving out a CR at its end; nothing is written for an empty one. */
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

/** As many as there are code points: a model of more couldn't be saved. */
const MOST_SYMBOLS = 0x110000;

/** UTF-16 units of a cluster under way, past which it is no writing but something that would fill the memory. */
const MOST_HELD = 1 << 20;

const MARK = Uint8Array.of(0xef, 0xbb, 0xbf);
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * ids[length + i] ← idOfCode[codes[first + i]] up to the first code without an id, or `count`; returns how many. A function
 * of its own, so that nothing in this loop, through which every symbol passes, is anything but a local.
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
  // In parts, for an argument list has a limit.
  for (let i = 0; i < codePoints.length; i += 4096) text += String.fromCodePoint(...codePoints.subarray(i, i + 4096));
  return text;
}
