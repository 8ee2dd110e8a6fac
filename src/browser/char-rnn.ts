import { load, type ModelSource } from './load.ts';
import { Reading } from './reading.ts';

/** What `generate` takes. A seed is the text to go on from; without one, a text is begun. */
export interface GenerateOptions {
  readonly seed?: string;
  /** How many characters to draw. */
  readonly length?: number;
  readonly temperature?: number;
  /** Whether to go on from the present state instead of the first. */
  readonly stateful?: boolean;
}

/** A character that was drawn, and how likely each character was. */
export interface Prediction {
  readonly sample: string;
  readonly probabilities: readonly { readonly char: string; readonly probability: number }[];
}

/** Is told of an error, or of a result. */
type Callback<Result> = (error: unknown, result?: Result) => void;

const GENERATE = { seed: '', length: 20, temperature: 0.5, stateful: false };

/** The temperature of `predict` where none is given. */
const PREDICT_TEMPERATURE = 0.1;

/**
 * A model with the methods of ml5's charRNN (github.com/ml5js/ml5-library, src/CharRNN), for sketches that were written for it. It takes a
 * checkpoint of this program where ml5 took the folder of a model.
 *
 *     const rnn = charRNN('book.json', () => rnn.generate({ seed: 'the ', length: 50 }, (error, { sample }) => show(sample)));
 */
export function charRNN(source: ModelSource, callback?: Callback<CharRNN>): CharRNN {
  return new CharRNN(source, callback);
}

export class CharRNN {
  /** Resolves when the model is there; rejects where it can't be had. */
  readonly ready: Promise<CharRNN>;
  #reading: Reading | undefined;

  constructor(source: ModelSource, callback?: Callback<CharRNN>) {
    this.ready = told(
      load(source).then((model) => {
        this.#reading = new Reading(model);
        return this;
      }),
      callback,
    );
  }

  /** V: the characters that the model knows. 0 until it is ready. */
  get vocabSize(): number {
    return this.#reading?.vocabulary.size ?? 0;
  }

  /** Goes back to the state in which a text begins. */
  reset(): void {
    this.#reading?.reset();
  }

  /** Reads a text. UserError for a character that the model does not know. */
  feed(text: string, callback?: Callback<void>): Promise<void> {
    return told(
      this.#whenReady((reading) => reading.read(text)),
      callback,
    );
  }

  /** Draws a character after the present state, which stays as it is: feed the character to go on. The callback gets the character. */
  async predict(temperature = PREDICT_TEMPERATURE, callback?: (sample: string) => void): Promise<Prediction> {
    const prediction = await this.#whenReady((reading) => ({
      sample: reading.characterOf(reading.draw(temperature)),
      probabilities: Array.from(reading.probabilities(temperature), (probability, id) => {
        return { char: reading.characterOf(id), probability };
      }),
    }));
    callback?.(prediction.sample);
    return prediction;
  }

  /** Reads the seed and draws characters, which are read, too. UserError as for `feed`. */
  generate(options: GenerateOptions = {}, callback?: Callback<{ sample: string }>): Promise<{ sample: string }> {
    const { seed, length, temperature, stateful } = { ...GENERATE, ...options };
    const generated = this.#whenReady((reading) => {
      if (!stateful) reading.reset();
      reading.read(seed);
      let sample = '';
      for (let drawn = 0; drawn < length; drawn++) {
        const id = reading.draw(temperature);
        sample += reading.characterOf(id);
        reading.take(id);
      }
      return { sample };
    });
    return told(generated, callback);
  }

  async #whenReady<Result>(run: (reading: Reading) => Result): Promise<Result> {
    await this.ready;
    return run(this.#reading!);
  }
}

async function told<Result>(promise: Promise<Result>, callback: Callback<Result> | undefined): Promise<Result> {
  if (!callback) return promise;
  try {
    const result = await promise;
    callback(undefined, result);
    return result;
  } catch (error) {
    callback(error);
    throw error;
  }
}
