import type { Stepper } from '../nn/stepper.ts';
import { Chooser } from './choose.ts';
import { Draft, type Outcome, type SampleOptions } from './draft.ts';
import { readPrompt } from './prompt.ts';

export type { Outcome, SampleOptions } from './draft.ts';

/** A text that was drawn. */
export interface Sample extends Outcome {
  /** Which of the texts, from 0. With the seed it decides every draw: text 3 is the same among any number of texts. */
  readonly index: number;
  /** The symbols drawn, without what ended the text. */
  readonly ids: readonly number[];
  /** Σ log p in nats of all that was drawn, its end included, by the model as it is (temperature 1, nothing filtered). */
  readonly logProbability: number;
}

/**
 * Draws `count` texts, as many side by side as the stepper has rows: when one is over, the next takes its row. They come in the
 * order of their index.
 */
export function* sampleTexts(stepper: Stepper, options: SampleOptions, count: number): Generator<Sample> {
  for (const sample of sampleSteps(stepper, options, count)) if (sample) yield sample;
}

/** The same, with `undefined` after each step of the model, so that the caller may do something else in between. */
export function* sampleSteps(stepper: Stepper, options: SampleOptions, count: number): Generator<Sample | undefined> {
  const prompt = readPrompt(stepper, options.prompt);
  const chooser = new Chooser(stepper.config.symbols, options);
  const finished = new Map<number, Sample>();
  let started = 0;
  let yielded = 0;
  /** Draws a symbol; whether the text goes on. */
  const extend = (draft: Draft, logits: Float32Array): boolean => {
    const outcome = draft.extend(logits, chooser);
    if (!outcome) return true;
    const { index, ids, logProbability } = draft;
    finished.set(index, { index, ids, logProbability, ...outcome });
    return false;
  };
  /** Starts the next text in a row, if there is one and it is longer than one symbol. */
  const start = (row: number): Draft | undefined => {
    if (started === count) return undefined;
    const draft = new Draft(started++, options);
    if (!extend(draft, prompt.logits)) return undefined;
    stepper.loadState(row, prompt.state);
    return draft;
  };
  let drafts: Draft[] = [];
  for (;;) {
    for (let next = finished.get(yielded); next; next = finished.get(yielded)) {
      finished.delete(yielded++);
      yield next;
    }
    if (yielded === count) return;
    while (drafts.length < stepper.rows && started < count && finished.size < stepper.rows) {
      const draft = start(drafts.length);
      if (draft) drafts.push(draft);
    }
    if (drafts.length === 0) continue;
    stepper.step(drafts.map((draft) => draft.ids.at(-1)!));
    const going = drafts.map((draft, row) => (extend(draft, stepper.logits(row)) ? draft : start(row)));
    drafts = going.filter((draft) => draft !== undefined);
    if (drafts.length < going.length) stepper.moveStates([...going.keys()].filter((row) => going[row] !== undefined));
    yield undefined;
  }
}

/**
 * Draws the text that `sampleTexts` gives the same index, yields each symbol as soon as it can't belong to the text's ending, and
 * returns how it ended. Its memory doesn't grow with the length, but with `noRepeat` it does.
 */
export function* sampleStream(stepper: Stepper, options: SampleOptions, index = 0): Generator<number, Outcome> {
  const chooser = new Chooser(stepper.config.symbols, options);
  const draft = new Draft(index, options);
  let { logits } = readPrompt(stepper, options.prompt);
  for (;;) {
    const outcome = draft.extend(logits, chooser);
    if (outcome) {
      yield* draft.ids;
      return outcome;
    }
    const last = draft.ids.at(-1)!;
    yield* draft.take();
    stepper.step([last]);
    logits = stepper.logits(0);
  }
}
