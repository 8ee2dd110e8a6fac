import { createHash } from 'node:crypto';
import { totalmem } from 'node:os';
import { Readable } from 'node:stream';
import * as z from 'zod';
import { message, option, UserError } from '../errors.ts';
import { parseOptions } from '../schema.ts';
import { CorpusEncoder, STOP } from './encoder.ts';
import { countIds, type Ids, mapIds } from './ids.ts';
import { JUDGED_BYTES, judgeMode, MODES, type Mode, type ModeChoice } from './mode.ts';
import { openSource } from './sources.ts';
import { describeSymbol, type TextSymbol, UNITS } from './symbols.ts';
import { Vocabulary } from './vocabulary.ts';

/** Bytes read at once. So many cost little a piece, and their code points stay in the processor's cache. */
const PIECE_BYTES = 1 << 18;

/** How a text is read. */
export const corpusOptionsSchema = z.strictObject({
  unit: z.enum(UNITS).default('codepoint').describe('what a symbol is'),
  mode: z
    .enum(['auto', ...MODES])
    .default('auto')
    .describe('stream: one long text; lines: each line an example; auto chooses by the rule of text/mode.ts'),
  minCount: z.int().min(1).default(1).describe('symbols seen less often become <unk>'),
  maxBytes: z
    .number()
    .positive()
    .optional()
    .describe('refuse a longer text; left out, three quarters of the memory, or 16 MiB of a device'),
  vocabulary: z
    .custom<Vocabulary>((value) => value instanceof Vocabulary, 'must be a vocabulary')
    .optional()
    .describe('the vocabulary to read the text with, such as a checkpoint’s; it then decides unit and mode'),
  extend: z
    .boolean()
    .default(false)
    .describe('add the new symbols of the text to the vocabulary that is given, instead of refusing them'),
  stdin: z.instanceof(Readable).optional().describe('must be a stream, which - reads in the place of standard input'),
  pieceBytes: z.int().min(1).default(PIECE_BYTES).describe('bytes read at once'),
});

type CheckedOptions = z.output<typeof corpusOptionsSchema>;

export type CorpusOptions = Readonly<z.input<typeof corpusOptionsSchema>>;

/**
 * A text as ids.
 *
 * In stream mode, `ids` is the text. In lines mode it is `<stop>` line₀ `<stop>` line₁ `<stop>` … lineₙ₋₁ `<stop>`:
 * line i with the `<stop>` that ends it is ids[lineStarts[i] … lineStarts[i + 1]), and the id before it is a `<stop>`,
 * too, so the inputs that predict a line are those ids moved back by one. `lineStarts` has n + 1 numbers.
 */
export interface Corpus {
  readonly mode: Mode;
  readonly modeReason: string;
  readonly vocabulary: Vocabulary;
  readonly ids: Ids;
  readonly lineStarts: Uint32Array | undefined;
  /** Code points read, newlines included, byte order marks not. Of bytes: those that don't go on a UTF-8 character. */
  readonly characters: number;
  readonly bytes: number;
  /** SHA-256 of the bytes of all sources in order, in hexadecimal. */
  readonly hash: string;
  readonly sources: readonly string[];
}

/**
 * Reads text files, and standard input for `-`, one after the other, in one pass. In stream mode they are joined as they
 * are; in lines mode the end of a file ends its line. UTF-8 is decoded strictly and a byte order mark at the start
 * of a file is dropped; CRLF stays as it is in stream mode.
 *
 * Memory: one byte a symbol for up to 256 different ones, else two (above 65,536, four), and in lines mode twelve more a line while
 * it is trained on.
 *
 * UserError, in one line that names the file, where a file can't be read, is not UTF-8, or holds no text. UsageError for an option that
 * can't be taken.
 */
export async function readCorpus(sources: readonly string[], options: CorpusOptions = {}): Promise<Corpus> {
  if (sources.length === 0) throw new UserError('no text given; name a text file, or - for standard input');
  if (sources.filter((path) => path === '-').length > 1)
    throw new UserError('standard input (-) can be read only once');
  const checked = parseOptions(corpusOptionsSchema, options);
  const assembly = new CorpusAssembly(sources, checked);
  for (const path of sources) {
    const source = await openSource(path, checked.stdin ?? process.stdin, checked.pieceBytes);
    try {
      assembly.begin(source.name, source.size, source.device);
      for await (const piece of source.pieces) assembly.write(piece);
      assembly.end();
    } finally {
      await source.close();
    }
  }
  return assembly.finish();
}

/** A corpus from a string, read like a file that holds it. */
export function corpusFromText(text: string, options: CorpusOptions = {}): Corpus {
  const assembly = new CorpusAssembly(['text'], parseOptions(corpusOptionsSchema, options));
  const bytes = new TextEncoder().encode(text);
  assembly.begin('text', bytes.length, false);
  assembly.write(bytes);
  assembly.end();
  return assembly.finish();
}

/** Of a device where nothing is said: it may have no end. */
const MOST_DEVICE_BYTES = 1 << 24;

/** Of anything: places of lines are numbers of 32 bits. */
const MOST_BYTES = 2 ** 32 - 2 ** 16;

/** What was asked for, or the longest text that fits into memory, with something to spare for a model. */
function mostBytes(asked = Math.floor(0.75 * totalmem())): number {
  return Math.min(MOST_BYTES, asked);
}

/** Bytes come in, a corpus comes out. Until `auto` has seen enough to choose, what comes in is kept and then repeated. */
class CorpusAssembly {
  readonly #sources: readonly string[];
  readonly #options: CheckedOptions;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #source = '';
  /** Bytes of all sources up to the present one's end, at most. */
  #most = 0;
  #encoder: CorpusEncoder | undefined;
  #choice: ModeChoice | undefined;
  #held: ((encoder: CorpusEncoder) => void)[] = [];
  #heldText = '';
  #heldDecoder = new TextDecoder();

  constructor(sources: readonly string[], options: CheckedOptions) {
    this.#sources = sources;
    this.#options = options;
    const { mode, vocabulary } = options;
    if (vocabulary) {
      const itsMode = vocabulary.stop === undefined ? 'stream' : 'lines';
      if (mode !== 'auto' && mode !== itsMode) {
        throw new UserError(
          `the vocabulary was made in ${itsMode} mode; the text can't be read in ${mode} mode with it`,
        );
      }
      this.#choose({ mode: itsMode, reason: 'the vocabulary was made so' });
    } else if (mode !== 'auto') {
      this.#choose({ mode, reason: 'as asked for' });
    }
  }

  begin(source: string, bytes: number, device: boolean): void {
    this.#source = source;
    const { maxBytes } = this.#options;
    this.#most = device && maxBytes === undefined ? this.#bytes + MOST_DEVICE_BYTES : mostBytes(maxBytes);
    if (this.#bytes + bytes > this.#most) throw this.#tooLong();
    this.#heldDecoder = new TextDecoder();
    this.#pass((encoder) => encoder.begin(source, bytes));
  }

  write(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#bytes += piece.length;
    if (this.#bytes > this.#most) throw this.#tooLong();
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
    this.#pass((encoder) => encoder.end());
    if (!this.#encoder && !this.#heldText.endsWith('\n')) this.#heldText += '\n';
  }

  finish(): Corpus {
    if (!this.#encoder) this.#choose(judgeMode(this.#heldText, true));
    const encoder = this.#encoder!;
    const { mode, reason } = this.#choice!;
    encoder.finish();
    const provisional = encoder.buffer.ids.subarray(0, encoder.buffer.length);
    const counts = countIds(provisional, encoder.symbols.length);
    this.#requireText(encoder, mode);
    const vocabulary = this.#chooseVocabulary(encoder.symbols, counts, mode);
    const ids = mapIds(provisional, finalIds(encoder, counts, vocabulary), vocabulary.size);
    return {
      mode,
      modeReason: reason,
      vocabulary,
      ids,
      lineStarts: vocabulary.stop === undefined ? undefined : findLineStarts(ids, vocabulary.stop, counts[STOP]!),
      characters: encoder.characters,
      bytes: this.#bytes,
      hash: this.#hash.digest('hex'),
      sources: this.#sources,
    };
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

  #chooseVocabulary(symbols: readonly TextSymbol[], counts: Float64Array, mode: Mode): Vocabulary {
    const { vocabulary: given, extend, unit, minCount } = this.#options;
    if (given && !extend) return given;
    const occurring = new Map<TextSymbol, number>();
    for (let id = STOP + 1; id < symbols.length; id++) {
      // A CR may have been dropped everywhere.
      if (counts[id]! > 0) occurring.set(symbols[id]!, counts[id]!);
    }
    if (given) return given.extend(occurring, minCount);
    return Vocabulary.build(occurring, { unit, minCount, stop: mode === 'lines' });
  }
}

/** The vocabulary's id for each provisional id. UserError for a symbol that occurs and is outside it. */
function finalIds(encoder: CorpusEncoder, counts: Float64Array, vocabulary: Vocabulary): Uint32Array {
  const missing: number[] = [];
  const table = new Uint32Array(encoder.symbols.length);
  table[STOP] = vocabulary.stop ?? 0;
  for (let id = STOP + 1; id < table.length; id++) {
    const final = vocabulary.id(encoder.symbols[id]!) ?? vocabulary.unknown;
    if (final !== undefined) table[id] = final;
    else if (counts[id]! > 0) missing.push(id);
  }
  if (missing.length === 0) return table;
  const [first = 0] = missing;
  const others = missing.length > 1 ? ` and ${missing.length - 1} other symbols are` : ' is';
  throw new UserError(
    `${encoder.firstSeen[first]}: ${describeSymbol(encoder.symbols[first]!)}${others} not in the vocabulary; ` +
      'give the text that it was made from, or train anew',
  );
}

/** Where the ids after each `<stop>` begin. The last `<stop>` ends the last line. */
function findLineStarts(ids: Ids, stop: number, stops: number): Uint32Array {
  const starts = new Uint32Array(stops);
  let line = 0;
  const length = ids.length;
  for (let i = 0; i < length; i++) if (ids[i] === stop) starts[line++] = i + 1;
  return starts;
}
