import type { Stepper } from '../nn/stepper.ts';
import { Random } from '../random.ts';
import { Chooser } from './choose.ts';
import { readPrompt } from './prompt.ts';
import type { Stops } from './stops.ts';

export interface SampleOptions {
  /** Symbols that each text goes on from, one at least; in lines mode the first is `<stop>`, as at the start of a line. */
  readonly prompt: ArrayLike<number>;
  /** Divides the logits; 0 takes the likeliest symbol always. */
  readonly temperature: number;
  /** The most symbols to draw for a text, its end included. */
  readonly length: number;
  readonly stops: Stops;
  readonly seed: string | number;
}

/** A text that was drawn. */
export interface Sample {
  /** Which of the texts, from 0. With the seed it decides every draw: text 3 is the same among any number of texts. */
  readonly index: number;
  /** The symbols drawn, without what ended the text. */
  readonly ids: readonly number[];
  /** Whether it ended by itself rather than at the length. */
  readonly stopped: boolean;
  /** Σ log p in nats of all that was drawn, its end included, by the model as it is (temperature 1). */
  readonly logProbability: number;
}

/** A text in the making. */
class Draft {
  readonly index: number;
  readonly ids: number[] = [];
  readonly #random: Random;
  #logProbability = 0;

  constructor(index: number, seed: string | number) {
    this.index = index;
    this.#random = new Random(`${seed}/${index}`);
  }

  /** Draws the next symbol; gives the text when that was its last. */
  extend(logits: Float32Array, chooser: Chooser, { length, stops }: SampleOptions): Sample | undefined {
    const { id, logProbability } = chooser.choose(logits, this.#random);
    this.ids.push(id);
    this.#logProbability += logProbability;
    const ending = stops.ending(this.ids);
    if (ending === 0 && this.ids.length < length) return undefined;
    const ids = this.ids.slice(0, this.ids.length - ending);
    return { index: this.index, ids, stopped: ending > 0, logProbability: this.#logProbability };
  }
}

/**
 * Draws `count` texts, as many side by side as the stepper has rows: when one is over, the next takes its row. They come in the
 * order of their index.
 */
export function* sampleTexts(stepper: Stepper, options: SampleOptions, count: number): Generator<Sample> {
  const prompt = readPrompt(stepper, options.prompt);
  const chooser = new Chooser(stepper.config.symbols, options.temperature);
  const finished = new Map<number, Sample>();
  let started = 0;
  let yielded = 0;
  /** The next text that is longer than one symbol. */
  const start = (): Draft | undefined => {
    while (started < count) {
      const draft = new Draft(started++, options.seed);
      const sample = draft.extend(prompt.logits, chooser, options);
      if (!sample) return draft;
      finished.set(sample.index, sample);
    }
    return undefined;
  };
  const drafts: Draft[] = [];
  while (drafts.length < stepper.rows) {
    const draft = start();
    if (!draft) break;
    stepper.loadState(drafts.length, prompt.state);
    drafts.push(draft);
  }
  for (;;) {
    for (let next = finished.get(yielded); next; next = finished.get(yielded)) {
      finished.delete(yielded++);
      yield next;
    }
    if (drafts.length === 0) return;
    stepper.step(drafts.map((draft) => draft.ids.at(-1)!));
    const staying: number[] = [];
    for (const [row, draft] of drafts.entries()) {
      const sample = draft.extend(stepper.logits(row), chooser, options);
      if (!sample) {
        staying.push(row);
        continue;
      }
      finished.set(sample.index, sample);
      const next = start();
      if (!next) continue;
      stepper.loadState(row, prompt.state);
      drafts[row] = next;
      staying.push(row);
    }
    if (staying.length === drafts.length) continue;
    stepper.moveStates(staying);
    drafts.splice(0, drafts.length, ...staying.map((row) => drafts[row]!));
  }
}

/**
 * Draws the text that `sampleTexts` gives the same index, and yields each symbol as soon as it can't belong to the text's ending.
 * Its memory doesn't grow with the length.
 */
export function* sampleStream(stepper: Stepper, options: SampleOptions, index = 0): Generator<number, void> {
  const { prompt, stops, length, temperature, seed } = options;
  const { logits } = readPrompt(stepper, prompt);
  const chooser = new Chooser(stepper.config.symbols, temperature);
  const random = new Random(`${seed}/${index}`);
  let current = logits;
  let held: number[] = [];
  for (let drawn = 0; drawn < length; drawn++) {
    const { id } = chooser.choose(current, random);
    held.push(id);
    const ending = stops.ending(held);
    if (ending > 0) return yield* held.slice(0, held.length - ending);
    const pending = stops.pending(held);
    yield* held.slice(0, held.length - pending);
    held = held.slice(held.length - pending);
    if (drawn + 1 === length) break;
    stepper.step([id]);
    current = stepper.logits(0);
  }
  yield* held;
}
