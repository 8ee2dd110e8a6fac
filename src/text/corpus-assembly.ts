import { memoryBytes } from '#host/machine';
import { createSha256 } from '#host/sha256';
import { message, option, UserError } from '../errors.ts';
import { MarkRemover } from './byte-order-mark.ts';
import type { CheckedOptions } from './corpus-options.ts';
import { DeferredEncoder } from './deferred-encoder.ts';
import { CorpusEncoder } from './encoder.ts';
import { type Corpus, finalCorpus } from './final-corpus.ts';
import { JUDGED_BYTES, type Layout, type ModeChoice } from './mode.ts';
import { FILE, LINE, type RecordPart, RecordSplitter, separatorOf } from './records.ts';
import { isSameText, type Text } from './text.ts';
import { Utf16Converter } from './utf16.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The most bytes that are read from a device if `maxBytes` is not given, because a device may never end. */
const MOST_DEVICE_BYTES = 1 << 24;

/** The most bytes of any text: the starts of lines are 32-bit numbers. */
const MOST_BYTES = 2 ** 32 - 2 ** 16;

/** The number that was given. The default leaves a quarter of the memory for the model. */
function mostBytes(asked = Math.floor(0.75 * memoryBytes())): number {
  return Math.min(MOST_BYTES, asked);
}

/**
 * Makes a corpus from the bytes of its sources, which come one after the other, in pieces: counts and hashes them, makes UTF-8 of them, leaves
 * out byte order marks, divides them into examples, and gives these to the encoder.
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
  readonly #encoder: DeferredEncoder;
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
    this.#encoder = new DeferredEncoder(
      (choice) =>
        new CorpusEncoder(vocabulary?.unit ?? options.unit, this.#layoutOf(choice), mostBytes(options.maxBytes)),
    );
    if (vocabulary) {
      requireModeOf(vocabulary, options);
      const itsMode = vocabulary.stop === undefined ? 'stream' : 'lines';
      this.#encoder.choose({ mode: itsMode, reason: 'the vocabulary was made in this mode' });
    } else if (mode !== 'auto' || separator !== undefined) {
      this.#encoder.choose({ mode: mode === 'stream' ? mode : 'lines', reason: 'as asked for' });
    }
  }

  begin(source: string, bytes: number, device: boolean): void {
    this.#source = source;
    this.#start = this.#bytes;
    const { maxBytes } = this.#options;
    this.#most = device && maxBytes === undefined ? this.#bytes + MOST_DEVICE_BYTES : mostBytes(maxBytes);
    if (this.#bytes + bytes > this.#most) throw this.#tooLong();
    const unit = this.#options.vocabulary?.unit ?? this.#options.unit;
    this.#converter = unit === 'byte' ? undefined : new Utf16Converter(source);
    this.#marks = new MarkRemover();
    const { choice } = this.#encoder;
    const hasRecords = choice !== undefined && this.#layoutOf(choice) === 'records';
    this.#splitter = hasRecords ? new RecordSplitter(this.#separator) : undefined;
    this.#encoder.begin(source, bytes);
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
    if (this.#marks.removed > removed) this.#encoder.skip(this.#marks.removed);
    this.#divide(text);
  }

  #divide(text: Uint8Array): void {
    if (this.#splitter) {
      this.#encodeParts(this.#splitter.write(text));
    } else if (text.length > 0) {
      this.#encoder.write(text);
      if (this.#bytes >= JUDGED_BYTES) this.#encoder.judge();
    }
  }

  #encodeParts(parts: readonly RecordPart[]): void {
    const { encoder } = this.#encoder;
    for (const { bytes, ends, left } of parts) {
      if (bytes.length > 0) encoder.write(bytes);
      if (ends) encoder.endRecord(left);
      else encoder.leaveOut(left);
    }
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
    this.#encoder.end();
  }

  finish(): Corpus {
    const { encoder, choice } = this.#encoder.finish();
    return finalCorpus({
      encoder,
      options: this.#options,
      choice,
      layout: this.#layoutOf(choice),
      separator: this.#separator,
      hasSeparator: this.#hasSeparator,
      remarks: this.#remarks,
      bytes: this.#bytes,
      hash: this.#hash.digest(),
      sources: this.#sources,
      files: this.#files,
    });
  }

  #layoutOf({ mode }: ModeChoice): Layout {
    if (mode === 'stream') return mode;
    return this.#separator === LINE ? 'lines' : 'records';
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
