import * as z from 'zod';
import { memoryBytes } from '#host/machine';
import { createSha256 } from '#host/sha256';
import { message, option, UserError } from '../errors.ts';
import { parseOptions } from '../schema.ts';
import { CorpusEncoder, STOP } from './encoder.ts';
import { countIds, type Ids, mapIds } from './ids.ts';
import { commonLineEnd, countLineEnds, foreignLineEnd, LINE_END_NAMES, type LineEnd } from './line-ends.ts';
import { JUDGED_BYTES, judgeMode, type Mode, type ModeChoice } from './mode.ts';
import { corpusSchema } from './options.ts';
import { describeSymbol, type TextSymbol } from './symbols.ts';
import { bytesOf, type Text } from './text.ts';
import { Utf16Converter } from './utf16.ts';
import { Vocabulary } from './vocabulary.ts';

/** How a text is read: what `corpusSchema` has, and what only a program can give. */
export const corpusOptionsSchema = corpusSchema.extend({
  vocabulary: z
    .custom<Vocabulary>((value) => value instanceof Vocabulary, 'must be a vocabulary')
    .optional()
    .describe('the vocabulary to read the text with, such as a checkpoint’s; it then decides unit and mode'),
  extend: z
    .boolean()
    .default(false)
    .describe('add the new symbols of the text to the vocabulary that is given, instead of refusing them'),
  leaveOutUnknown: z
    .boolean()
    .default(false)
    .describe('leave out the symbols that the vocabulary does not have, instead of refusing the text'),
});

type CheckedOptions = z.output<typeof corpusOptionsSchema>;

export type CorpusOptions = Readonly<z.input<typeof corpusOptionsSchema>>;

/**
 * A text as ids.
 *
 * In stream mode, `ids` is the text. In lines mode, `ids` is `<stop>` line₀ `<stop>` line₁ `<stop>` … lineₙ₋₁ `<stop>`, and `lineStarts`
 * has n + 1 numbers. ids[lineStarts[i] … lineStarts[i + 1]) are line i and the `<stop>` that ends it. These are the targets of the line.
 * The id before a line is a `<stop>`, too, so the inputs of the line are the ids one place earlier.
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

/** A corpus from a text. It is read like a file with the same bytes. */
export function corpusFromText(text: Text, options: CorpusOptions = {}): Corpus {
  const assembly = new CorpusAssembly(['text'], parseOptions(corpusOptionsSchema, options));
  const bytes = bytesOf(text);
  assembly.begin('text', bytes.length, false);
  assembly.write(bytes);
  assembly.end();
  return assembly.finish();
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
  readonly #remarks: string[] = [];

  constructor(sources: readonly string[], options: CheckedOptions) {
    this.#sources = sources;
    this.#options = options;
    const { mode, vocabulary } = options;
    if (vocabulary) {
      const itsMode = vocabulary.stop === undefined ? 'stream' : 'lines';
      if (mode !== 'auto' && mode !== itsMode) {
        throw new UserError(
          message`the vocabulary was made in ${itsMode} mode, so the text can't be read in ${mode} mode; leave out ${option('mode')}`,
        );
      }
      this.#choose({ mode: itsMode, reason: 'the vocabulary was made in this mode' });
    } else if (mode !== 'auto') {
      this.#choose({ mode, reason: 'as asked for' });
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
    this.#pass((encoder) => encoder.begin(source, bytes));
  }

  write(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#bytes += piece.length;
    if (this.#bytes > this.#most) throw this.#tooLong();
    this.#encode(this.#converter ? this.#converter.write(piece) : piece);
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
      this.#encode(this.#converter.end());
      const { encoding } = this.#converter;
      if (encoding) this.#remarks.push(`${this.#source}: read as ${encoding.toUpperCase()}`);
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
    const lineEnd = mode === 'stream' ? this.#settleLineEnds(encoder) : undefined;
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

  /** Makes the line ends of a stream those of the vocabulary that is given, if one is, and returns the line end of the text. */
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
    if (own && counts[own] === 1 && encoder.endsWith(own) && encoder.buffer.length > 2) {
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
      choice.mode,
      mostBytes(this.#options.maxBytes),
    );
    this.#encoder = encoder;
    for (const repeat of this.#held) repeat(encoder);
    this.#held = [];
    this.#heldText = '';
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
    return Vocabulary.build(occurring, { unit, minCount, stop: mode === 'lines', lineEnd });
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
