import { EXIT } from '../errors.ts';
import type { SampleRequest } from '../library/completion-options.ts';
import type { LanguageModel, SampledText } from '../library/language-model.ts';
import { stringOf, type Text } from '../library/lines.ts';
import { harmless } from '../library/words.ts';
import { complain, Output } from './output.ts';
import type { SampleRemarks } from './sample-remarks.ts';
import { frameOf } from './separator.ts';

/** How texts are printed. */
export interface TextPrinting {
  readonly raw: boolean;
  /** What separates the texts; that of the model where it is not given. */
  readonly separator: Text | undefined;
}

/**
 * Prints texts. A terminal gets them without the control characters that it would obey. Elsewhere the symbols of a model of bytes are
 * printed as they are, UTF-8 or not.
 */
export class TextPrinter {
  readonly output: Output;
  readonly #model: LanguageModel;
  readonly #printing: TextPrinting;
  #isFirst = true;
  /** What a terminal has got last. */
  #last: Text = '\n';

  constructor(model: LanguageModel, printing: TextPrinting) {
    this.output = new Output(printing);
    this.#model = model;
    this.#printing = printing;
  }

  /** A text and what separates it from the next one. */
  async text(prefix: Text, { ids, text }: Pick<SampledText, 'ids' | 'text'>): Promise<void> {
    const { before, after } = frameOf(this.#printing.separator ?? this.#model.vocabulary.separator, this.#model);
    if (!this.#isFirst) await this.output.write(before);
    this.#isFirst = false;
    if (this.#isExact) await this.#write(prefix);
    await this.#write(this.#isExact ? this.#model.vocabulary.decodeBytes(ids) : text);
    await this.#write(after);
  }

  /** Prints a text as it is drawn. A separator follows it only if one was asked for. Returns the exit status. */
  async stream(prefix: Text, request: SampleRequest, remarks: SampleRemarks): Promise<number> {
    const pieces = this.#isExact ? this.#model.streamBytes(request) : this.#model.stream(request);
    let next = await pieces.next();
    remarks.begin();
    await this.#write(prefix);
    for (; !next.done; next = await pieces.next()) await this.#write(next.value);
    const { separator } = this.#printing;
    if (separator !== undefined) await this.#write(frameOf(separator, this.#model).after);
    await this.end();
    remarks.drawn(next.value);
    remarks.end();
    if (next.value.met) return EXIT.done;
    complain('the text ended before it met the constraints: --no-repeat left no symbol to go on with; use a larger n');
    return EXIT.failed;
  }

  /** To be awaited before the command ends. */
  async end(): Promise<void> {
    if (this.output.terminal && !stringOf(this.#last).endsWith('\n')) await this.#write('\n');
    await this.output.flush();
  }

  get #isSafe(): boolean {
    return this.output.terminal && !this.#printing.raw;
  }

  get #isExact(): boolean {
    return this.#model.vocabulary.unit === 'byte' && !this.#isSafe;
  }

  async #write(piece: Text): Promise<void> {
    if (piece.length > 0) this.#last = piece;
    await this.output.write(this.#isSafe && typeof piece === 'string' ? harmless(piece) : piece);
  }
}
