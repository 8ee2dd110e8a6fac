import type { CorpusEncoder } from './encoder.ts';
import { judgeMode, type ModeChoice } from './mode.ts';

/**
 * Encodes a text whose mode may not be known when it begins: an encoder needs the mode, and the mode `auto` is judged by the first MiB. Until
 * then this keeps the calls that it gets, and repeats them on an encoder when the mode is known.
 */
export class DeferredEncoder {
  readonly #encoderOf: (choice: ModeChoice) => CorpusEncoder;
  #choice: ModeChoice | undefined;
  #encoder: CorpusEncoder | undefined;
  #calls: ((encoder: CorpusEncoder) => void)[] = [];
  /** The text that the mode is judged by. */
  #text = '';
  #decoder = new TextDecoder();

  constructor(encoderOf: (choice: ModeChoice) => CorpusEncoder) {
    this.#encoderOf = encoderOf;
  }

  /** Undefined until the mode is known. */
  get choice(): ModeChoice | undefined {
    return this.#choice;
  }

  /** The encoder, when the mode is known. */
  get encoder(): CorpusEncoder {
    if (!this.#encoder) throw new RangeError('the mode is not known yet');
    return this.#encoder;
  }

  choose(choice: ModeChoice): void {
    const encoder = this.#encoderOf(choice);
    this.#choice = choice;
    this.#encoder = encoder;
    for (const call of this.#calls) call(encoder);
    this.#calls = [];
    this.#text = '';
  }

  /** Chooses the mode by the text so far, unless it is known. */
  judge(): void {
    if (!this.#encoder) this.choose(judgeMode(this.#text, false));
  }

  /** All of the text has come. */
  finish(): { readonly encoder: CorpusEncoder; readonly choice: ModeChoice } {
    if (!this.#encoder) this.choose(judgeMode(this.#text, true));
    return { encoder: this.#encoder!, choice: this.#choice! };
  }

  begin(source: string, bytes: number): void {
    this.#decoder = new TextDecoder();
    this.#call((encoder) => encoder.begin(source, bytes));
  }

  skip(bytes: number): void {
    this.#call((encoder) => encoder.skip(bytes));
  }

  write(piece: Uint8Array): void {
    if (this.#encoder) {
      this.#encoder.write(piece);
      return;
    }
    // The buffer of a piece is used again for the next one.
    const copy = piece.slice();
    this.#call((encoder) => encoder.write(copy));
    this.#text += this.#decoder.decode(copy, { stream: true });
  }

  end(): void {
    this.#call((encoder) => encoder.end());
    if (!this.#encoder) this.#text = withLineEnded(this.#text);
  }

  #call(call: (encoder: CorpusEncoder) => void): void {
    if (this.#encoder) call(this.#encoder);
    else this.#calls.push(call);
  }
}

/** A text whose last line has an end: the next source begins a new line. */
function withLineEnded(text: string): string {
  const end = text.includes('\r') && !text.includes('\n') ? '\r' : '\n';
  return text.endsWith(end) ? text : text + end;
}
