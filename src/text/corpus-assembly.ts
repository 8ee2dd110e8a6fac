import { memoryBytes } from '#host/machine';
import { createSha256 } from '#host/sha256';
import { message, option, UserError } from '../errors.ts';
import { MarkRemover } from './byte-order-mark.ts';
import type { CheckedOptions } from './corpus-options.ts';
import { CorpusEncoder, STOP } from './encoder.ts';
import { countIds, type Ids, mapIds } from './ids.ts';
import { commonLineEnd, countLineEnds, foreignLineEnd, LINE_END_NAMES, type LineEnd } from './line-ends.ts';
import { JUDGED_BYTES, judgeMode, type Layout, type Mode, type ModeChoice } from './mode.ts';
import { FILE, LINE, type RecordPart, RecordSplitter, separatorOf } from './records.ts';
import { describeSymbol, type TextSymbol } from './symbols.ts';
import { isSameText, type Text } from './text.ts';
import { Utf16Converter } from './utf16.ts';
import { Vocabulary } from './vocabulary.ts';

/**
 * A text as ids.
 *
 * In stream mode, `ids` is the text. In lines mode, `ids` is `<stop>` line₀ `<stop>` line₁ `<stop>` … lineₙ₋₁ `<stop>`, and `lineStarts`
 * has n + 1 numbers. ids[lineStarts[i] … lineStarts[i + 1]) are line i and the `<stop>` that ends it. These are the targets of the line.
 * The id before a line is a `<stop>`, too, so the inputs of the line are the ids one place earlier. Where examples are no lines, but have a
 * separator or a file each, they stand in the place of the lines, and the mode is `lines`, too.
 */
export interface Corpus {
  readonly mode: Mode;
  readonly modeReason: string;
  readonly vocabulary: Vocabulary;
  readonly ids: Ids;
  readonly lineStarts: Uint32Array | undefined;
  /**
   * The number of code points that were read, with newlines and without byte order marks. For the unit `byte`, the number of bytes
   * except UTF-8 continuation bytes.
   */
  readonly characters: number;
  readonly bytes: number;
  /** SHA-256 of the bytes of all sources in their order, in hexadecimal. */
  readonly hash: string;
  readonly sources: readonly string[];
  /** What a reader should know of how the text was read: what was converted or left out, one sentence each. */
  readonly remarks: readonly string[];
  /** What was left out because the vocabulary does not have it; undefined where nothing was. */
  readonly leftOut?: LeftOut;
  /** How many bytes each source has. */
  readonly files: readonly number[];
}

/** Symbols of a text that the vocabulary does not have. */
export interface LeftOut {
  /** How often they occur in the text. */
  readonly count: number;
  /** Each of them once, in words, in the order of the text. */
  readonly symbols: readonly string[];
}

/** The most bytes that are read from a device if `maxBytes` is not given, because a device may never end. */
const MOST_DEVICE_BYTES = 1 << 24;

/** The most bytes of any text: the starts of lines are 32-bit numbers. */
const MOST_BYTES = 2 ** 32 - 2 ** 16;

/** The number that was given. The default leaves a quarter of the memory for the model. */
function mostBytes(asked = Math.floor(0.75 * memoryBytes())): number {
  return Math.min(MOST_BYTES, asked);
}

/**
 * Makes a corpus from bytes. The encoder needs the mode, and in the mode `auto` that is known only after the first MiB. Until then
 * the assembly keeps the calls that it gets, and repeats them on the encoder when the mode is known.
 */
export class CorpusAssembly {
  readonly #sources: readonly string[];
  readonly #options: CheckedOptions;
  /** What separates examples. */
  readonly #separator: Text;
  readonly #hash = createSha256();
  #bytes = 0;
  /** Of each source that was read to its end: its bytes. */
  readonly #files: number[] = [];
  /** Where the present source starts in all of them together. */
  #start = 0;
  #source = '';
  /** The most bytes that all sources up to the end of the present one may have. */
  #most = 0;
  #encoder: CorpusEncoder | undefined;
  #choice: ModeChoice | undefined;
  #held: ((encoder: CorpusEncoder) => void)[] = [];
  #heldText = '';
  #heldDecoder = new TextDecoder();
  /** Converts the present source from UTF-16. Undefined where symbols are bytes. */
  #converter: Utf16Converter | undefined;
  #marks = new MarkRemover();
  /** Divides the present source into examples, where lines don't. */
  #splitter: RecordSplitter | undefined;
  #hasSeparator = false;
  readonly #remarks: string[] = [];

  constructor(sources: readonly string[], options: CheckedOptions) {
    this.#sources = sources;
    this.#options = options;
    const { mode, separator, vocabulary } = options;
    this.#separator = vocabulary?.separator ?? separatorOf(mode === 'files' ? FILE : (separator ?? LINE));
    if (vocabulary) {
      requireModeOf(vocabulary, options);
      const itsMode = vocabulary.stop === undefined ? 'stream' : 'lines';
      this.#choose({ mode: itsMode, reason: 'the vocabulary was made in this mode' });
    } else if (mode !== 'auto' || separator !== undefined) {
      this.#choose({ mode: mode === 'stream' ? mode : 'lines', reason: 'as asked for' });
    }
  }

  begin(source: string, bytes: number, device: boolean): void {
    this.#source = source;
    this.#start = this.#bytes;
    const { maxBytes } = this.#options;
    this.#most = device && maxBytes === undefined ? this.#bytes + MOST_DEVICE_BYTES : mostBytes(maxBytes);
    if (this.#bytes + bytes > this.#most) throw this.#tooLong();
    this.#heldDecoder = new TextDecoder();
    const unit = this.#options.vocabulary?.unit ?? this.#options.unit;
    this.#converter = unit === 'byte' ? undefined : new Utf16Converter(source);
    this.#marks = new MarkRemover();
    this.#splitter = this.#layout === 'records' ? new RecordSplitter(this.#separator) : undefined;
    this.#pass((encoder) => encoder.begin(source, bytes));
  }

  write(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#bytes += piece.length;
    if (this.#bytes > this.#most) throw this.#tooLong();
    this.#unmark(this.#converter ? this.#converter.write(piece) : piece);
  }

  #unmark(piece: Uint8Array): void {
    const { removed } = this.#marks;
    const text = this.#marks.write(piece);
    if (this.#marks.removed > removed) this.#pass((encoder) => encoder.skip(this.#marks.removed));
    this.#divide(text);
  }

  #divide(text: Uint8Array): void {
    if (this.#splitter) this.#encodeParts(this.#splitter.write(text));
    else if (text.length > 0) this.#encode(text);
  }

  #encodeParts(parts: readonly RecordPart[]): void {
    const encoder = this.#encoder!;
    for (const { bytes, ends, left } of parts) {
      if (bytes.length > 0) encoder.write(bytes);
      if (ends) encoder.endRecord(left);
      else encoder.leaveOut(left);
    }
  }

  #encode(piece: Uint8Array): void {
    if (this.#encoder) {
      this.#encoder.write(piece);
      return;
    }
    const copy = piece.slice();
    this.#pass((encoder) => encoder.write(copy));
    this.#heldText += this.#heldDecoder.decode(copy, { stream: true });
    if (this.#bytes >= JUDGED_BYTES) this.#choose(judgeMode(this.#heldText, false));
  }

  #tooLong(): UserError {
    return new UserError(
      message`${this.#source}: the text has more than ${this.#most} bytes, the most allowed; give a part of it, or a larger ${option('maxBytes')}`,
    );
  }

  end(): void {
    if (this.#converter) {
      this.#unmark(this.#converter.end());
      const { encoding } = this.#converter;
      if (encoding) this.#remarks.push(`${this.#source}: read as ${encoding.toUpperCase()}`);
    }
    this.#divide(this.#marks.end());
    if (this.#splitter) {
      this.#encodeParts(this.#splitter.end());
      this.#hasSeparator ||= this.#splitter.found > 0;
    }
    this.#files.push(this.#bytes - this.#start);
    this.#pass((encoder) => encoder.end());
    if (!this.#encoder) this.#heldText = withLineEnded(this.#heldText);
  }

  finish(): Corpus {
    if (!this.#encoder) this.#choose(judgeMode(this.#heldText, true));
    const encoder = this.#encoder!;
    const { mode, reason } = this.#choice!;
    const { vocabulary: given } = this.#options;
    encoder.finish(given?.id(given.unit === 'byte' ? 0x0d : '\r') !== undefined);
    const lineEnd = this.#layout === 'lines' ? undefined : this.#settleLineEnds(encoder);
    if (this.#layout === 'records' && !this.#hasSeparator && this.#separator !== FILE) {
      this.#remarks.push(`${this.#sources.join(', ')}: the separator does not occur, so each file is one example`);
    }
    let { provisional } = encoder;
    const counts = countIds(provisional, encoder.symbols.length);
    this.#requireText(encoder, mode);
    const vocabulary = this.#chooseVocabulary(encoder.symbols, counts, mode, lineEnd);
    this.#remarks.push(...remarksOnForms(vocabulary));
    const { table, missing } = finalIds(encoder, counts, vocabulary);
    if (missing.length > 0 && !this.#options.leaveOutUnknown) throw unknownSymbols(encoder, missing);
    if (missing.length > 0) {
      provisional = without(provisional, missing, mode);
      counts[STOP] = countIds(provisional, encoder.symbols.length)[STOP]!;
      if (provisional.length <= (mode === 'lines' ? 1 : 0)) throw unknownSymbols(encoder, missing);
    }
    const ids = mapIds(provisional, table, vocabulary.size);
    return {
      mode,
      modeReason: reason,
      vocabulary,
      ids,
      lineStarts: vocabulary.stop === undefined ? undefined : findLineStarts(ids, vocabulary.stop, counts[STOP]!),
      characters: encoder.characters,
      bytes: this.#bytes,
      hash: this.#hash.digest(),
      sources: this.#sources,
      files: this.#files,
      remarks: this.#remarks,
      ...(missing.length > 0 && {
        leftOut: {
          count: missing.reduce((sum, id) => sum + counts[id]!, 0),
          symbols: missing.map((id) => describeSymbol(encoder.symbols[id]!)),
        },
      }),
    };
  }

  /** Makes the line ends of a stream or of examples those of the vocabulary that is given, if one is, and returns the line end of the text. */
  #settleLineEnds(encoder: CorpusEncoder): LineEnd | 'none' | undefined {
    const given = this.#options.vocabulary;
    const { provisional, symbols } = encoder;
    const counts = countLineEnds(provisional, symbols, countIds(provisional, symbols.length));
    const own = commonLineEnd(counts);
    const say = (remark: string) => this.#remarks.push(`${this.#sources.join(', ')}: ${remark}`);
    const foreign = given && foreignLineEnd(counts, given.lineEnd);
    if (foreign && given.lineEnd) {
      encoder.replaceLineEnds(foreign, given.lineEnd);
      say(
        `lines end in ${LINE_END_NAMES[foreign]}; read as ${LINE_END_NAMES[given.lineEnd]}, as the model’s text has it`,
      );
      return given.lineEnd;
    }
    if (this.#layout === 'stream' && own && counts[own] === 1 && encoder.endsWith(own) && encoder.buffer.length > 2) {
      if (!given)
        say('a single line, so that the line end after it separates nothing; sampling starts from another symbol');
      return 'none';
    }
    if (own === '\r' && !given) say('lines end in CR alone, as on old Macs');
    return own;
  }

  #choose(choice: ModeChoice): void {
    this.#choice = choice;
    const encoder = new CorpusEncoder(
      this.#options.vocabulary?.unit ?? this.#options.unit,
      this.#layout!,
      mostBytes(this.#options.maxBytes),
    );
    this.#encoder = encoder;
    for (const repeat of this.#held) repeat(encoder);
    this.#held = [];
    this.#heldText = '';
  }

  /** Undefined until the mode is known. */
  get #layout(): Layout | undefined {
    if (this.#choice?.mode !== 'lines') return this.#choice?.mode;
    return this.#separator === LINE ? 'lines' : 'records';
  }

  #pass(event: (encoder: CorpusEncoder) => void): void {
    if (this.#encoder) event(this.#encoder);
    else this.#held.push(event);
  }

  #requireText(encoder: CorpusEncoder, mode: Mode): void {
    if (encoder.buffer.length > (mode === 'lines' ? 1 : 0)) return;
    const names = this.#sources.map((path) => (path === '-' ? 'standard input' : path)).join(', ');
    const why = this.#bytes === 0 ? 'is empty' : 'holds no text';
    throw new UserError(
      `${names}: ${encoder.characters > 0 ? 'has empty lines only' : why}; give a text with at least one character`,
    );
  }

  #chooseVocabulary(
    symbols: readonly TextSymbol[],
    counts: Float64Array,
    mode: Mode,
    lineEnd: LineEnd | 'none' | undefined,
  ): Vocabulary {
    const { vocabulary: given, extend, unit, minCount } = this.#options;
    if (given && !extend) return given;
    const occurring = new Map<TextSymbol, number>();
    for (let id = STOP + 1; id < symbols.length; id++) {
      // A count is 0 for the CR of a text in which every CR was left out before a newline.
      if (counts[id]! > 0) occurring.set(symbols[id]!, counts[id]!);
    }
    if (given) return given.extend(occurring, minCount);
    const separator = mode === 'lines' ? this.#separator : LINE;
    return Vocabulary.build(occurring, { unit, minCount, stop: mode === 'lines', lineEnd, separator });
  }
}

/** UserError for a mode or a separator other than that of the vocabulary. */
function requireModeOf(vocabulary: Vocabulary, { mode, separator }: CheckedOptions): void {
  const { layout } = vocabulary;
  const itsMode = layout === 'records' ? (vocabulary.separator === FILE ? 'files' : 'lines') : layout;
  if (mode !== 'auto' && mode !== itsMode) {
    throw new UserError(
      message`the vocabulary was made in ${itsMode} mode, so the text can't be read in ${mode} mode; leave out ${option('mode')}`,
    );
  }
  if (separator !== undefined && !isSameText(separatorOf(separator), vocabulary.separator)) {
    throw new UserError(
      message`the vocabulary was made with another separator, so the text can't be read with this one; leave out ${option('separator')}`,
    );
  }
}

/** A text whose last line has an end: the next source begins a new line. */
function withLineEnded(text: string): string {
  const end = text.includes('\r') && !text.includes('\n') ? '\r' : '\n';
  return text.endsWith(end) ? text : text + end;
}

/** A remark on letters that a text writes in two ways: as one code point, and as a letter with a combining mark. */
function remarksOnForms(vocabulary: Vocabulary): string[] {
  const twice = vocabulary.writtenTwice();
  if (twice === undefined) return [];
  return [
    `${describeSymbol(twice)} and its decomposed form are both in the text; convert it to one form (NFC) if letters are written in two ways`,
  ];
}

/** The vocabulary's id for each provisional id, and the provisional ids of the text's symbols that the vocabulary does not have. */
function finalIds(
  encoder: CorpusEncoder,
  counts: Float64Array,
  vocabulary: Vocabulary,
): { table: Uint32Array; missing: readonly number[] } {
  const missing: number[] = [];
  const table = new Uint32Array(encoder.symbols.length);
  table[STOP] = vocabulary.stop ?? 0;
  for (let id = STOP + 1; id < table.length; id++) {
    const final = vocabulary.id(encoder.symbols[id]!) ?? vocabulary.unknown;
    if (final !== undefined) table[id] = final;
    else if (counts[id]! > 0) missing.push(id);
  }
  return { table, missing };
}

/** The ids without the missing ones. A line of missing symbols alone is left out as an empty line is. */
function without(provisional: Ids, missing: readonly number[], mode: Mode): Ids {
  const isMissing = new Set(missing);
  const known = provisional.filter((id) => !isMissing.has(id));
  if (mode === 'stream') return known;
  return known.filter((id, at) => at === 0 || id !== STOP || known[at - 1] !== STOP);
}

function unknownSymbols(encoder: CorpusEncoder, missing: readonly number[]): UserError {
  const [first = 0] = missing;
  return new UserError(
    `${encoder.firstSeen[first]}: ${describeSymbol(encoder.symbols[first]!)}${andOthers(missing.length - 1)} not in the vocabulary; ` +
      'give the text that the vocabulary was made from, or train anew',
  );
}

function andOthers(count: number): string {
  if (count === 0) return ' is';
  return count === 1 ? ' and 1 other symbol are' : ` and ${count} other symbols are`;
}

/** The index after each `<stop>`: the starts of the lines, and then the end of the last line. */
function findLineStarts(ids: Ids, stop: number, stops: number): Uint32Array {
  const starts = new Uint32Array(stops);
  let line = 0;
  const length = ids.length;
  for (let i = 0; i < length; i++) if (ids[i] === stop) starts[line++] = i + 1;
  return starts;
}
