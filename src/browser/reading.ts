import { Chooser } from '../decoding/choose.ts';
import { divideByTemperature } from '../decoding/filters.ts';
import { logSoftmax } from '../decoding/log-softmax.ts';
import type { LanguageModel } from '../library/language-model.ts';
import { Stepper } from '../nn/stepper.ts';
import { Random } from '../random.ts';
import type { Vocabulary } from '../text/vocabulary.ts';

/**
 * A model that reads a text without end, character by character. A model of lines reads each line by itself, and its `<stop>` is a newline here.
 * What is drawn differs each time.
 */
export class Reading {
  readonly vocabulary: Vocabulary;
  readonly #stepper: Stepper;
  /** Whether nothing has been read since the first state. */
  #isFresh = true;
  readonly #random = new Random(crypto.getRandomValues(new Uint32Array(4)).join('-'));

  constructor({ vocabulary, choice, checkpoint }: LanguageModel) {
    this.vocabulary = vocabulary;
    this.#stepper = new Stepper(choice, checkpoint.model, checkpoint.parameters, 1);
    this.#stepper.resetState(0);
  }

  /** Goes back to the state in which a text begins. */
  reset(): void {
    this.#stepper.resetState(0);
    this.#isFresh = true;
  }

  /** Reads a text. UserError for a character that the model does not know; then nothing is read. */
  read(text: string): void {
    const lines = this.vocabulary.stop === undefined ? [text] : text.split('\n');
    const ids = lines.map((line) => this.vocabulary.encode(line));
    for (const [index, line] of ids.entries()) {
      if (index > 0) this.reset();
      // A text of a stream begins with its own first symbol, as elsewhere (decoding/prompt.ts).
      if (this.vocabulary.stop !== undefined) this.#begin();
      for (const id of line) this.#step(id);
    }
  }

  /** Reads a symbol that was drawn. */
  take(id: number): void {
    if (id === this.vocabulary.stop) this.reset();
    else this.#step(id);
  }

  /** Draws the id that follows. The state stays as it is. `<unk>` is never drawn. */
  draw(temperature: number): number {
    const { unknown } = this.vocabulary;
    const chooser = new Chooser(this.vocabulary.size, { temperature });
    const adjust =
      unknown === undefined
        ? undefined
        : (logs: Float64Array) => logs.fill(Number.NEGATIVE_INFINITY, unknown, unknown + 1);
    return chooser.choose(this.#logits(), this.#random, adjust)?.id ?? this.vocabulary.start;
  }

  /** [V] softmax(log p / temperature) of what follows. */
  probabilities(temperature: number): Float64Array {
    const weights = new Float64Array(this.vocabulary.size);
    logSoftmax(weights, this.#logits());
    divideByTemperature(weights, temperature);
    const powers = weights.map(Math.exp);
    const sum = powers.reduce((total, power) => total + power, 0);
    return powers.map((power) => power / sum);
  }

  /** The character of an id. */
  characterOf(id: number): string {
    return id === this.vocabulary.stop ? '\n' : this.vocabulary.decode([id]);
  }

  #logits(): Float32Array {
    this.#begin();
    return this.#stepper.logits(0);
  }

  /** Reads what stands before every text, unless something has been read: the end of a line. */
  #begin(): void {
    if (this.#isFresh) this.#step(this.vocabulary.stop ?? this.vocabulary.start);
  }

  #step(id: number): void {
    this.#stepper.step([id]);
    this.#isFresh = false;
  }
}
