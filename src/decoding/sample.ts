import type { Stepper } from '../nn/stepper.ts';
import { Chooser } from './choose.ts';
import type { SampleOptions } from './draft.ts';
import { Drawing, type Outcome } from './drawing.ts';
import type { FilterOptions } from './filters.ts';
import { type Prompt, readPrompt } from './prompt.ts';

export type { SampleOptions } from './draft.ts';
export type { Outcome } from './drawing.ts';

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
  yield* drawSteps(stepper, options, count, (index) => ({ drawing: new Drawing(index, options), prompt }));
}

/** A text to be drawn, and the prompt that it goes on from. */
export interface Beginning {
  readonly drawing: Drawing;
  readonly prompt: Prompt;
}

/** Draws `count` texts in their order, each from a beginning of its own, with `undefined` after each step of the model. */
export function* drawSteps(
  stepper: Stepper,
  filters: FilterOptions,
  count: number,
  begin: (place: number) => Beginning,
): Generator<Sample | undefined> {
  const chooser = new Chooser(stepper.config.symbols, filters);
  const finished = new Map<number, Sample>();
  let started = 0;
  let yielded = 0;
  /** Draws a symbol of the text in a row; whether the text goes on. */
  const extend = ({ place, drawing, prompt }: Underway, row: number, logits: Float32Array): boolean => {
    let outcome = drawing.extend(logits, chooser);
    if (outcome === 'again') stepper.loadState(row, prompt.state);
    while (outcome === 'again') outcome = drawing.extend(prompt.logits, chooser);
    if (!outcome) return true;
    const { index, ids, logProbability } = drawing;
    finished.set(place, { index, ids, logProbability, ...outcome });
    return false;
  };
  /** Starts the next text in a row, if there is one and it is longer than one symbol. */
  const start = (row: number): Underway | undefined => {
    if (started === count) return undefined;
    const { drawing, prompt } = begin(started);
    const text = { place: started++, drawing, prompt };
    if (!extend(text, row, prompt.logits)) return undefined;
    stepper.loadState(row, prompt.state);
    return text;
  };
  let texts: Underway[] = [];
  for (;;) {
    for (let next = finished.get(yielded); next; next = finished.get(yielded)) {
      finished.delete(yielded++);
      yield next;
    }
    if (yielded === count) return;
    while (texts.length < stepper.rows && started < count && finished.size < stepper.rows) {
      const text = start(texts.length);
      if (text) texts.push(text);
    }
    if (texts.length === 0) continue;
    stepper.step(texts.map(({ drawing }) => drawing.ids.at(-1)!));
    const going = texts.map((text, row) => (extend(text, row, stepper.logits(row)) ? text : start(row)));
    texts = going.filter((text) => text !== undefined);
    if (texts.length < going.length) stepper.moveStates([...going.keys()].filter((row) => going[row] !== undefined));
    yield undefined;
  }
}

/** A text in a row of the stepper, and its place among all that are drawn. */
interface Underway extends Beginning {
  readonly place: number;
}

/**
 * Draws the text that `sampleTexts` gives the same index, yields each symbol as soon as it is sure to belong to the text, and returns how it
 * ended. `undefined` is yielded after a step of the model that gave none. Under a constraint, a text is yielded when it is over. The memory
 * needed doesn't grow with the length, unless there is a constraint or `noRepeat`.
 */
export function* sampleStream(
  stepper: Stepper,
  options: SampleOptions,
  index = 0,
): Generator<number | undefined, Outcome> {
  const chooser = new Chooser(stepper.config.symbols, options);
  const drawing = new Drawing(index, options);
  const prompt = readPrompt(stepper, options.prompt);
  let { logits } = prompt;
  for (;;) {
    let outcome = drawing.extend(logits, chooser);
    if (outcome === 'again') stepper.loadState(0, prompt.state);
    while (outcome === 'again') outcome = drawing.extend(prompt.logits, chooser);
    if (outcome) {
      yield* drawing.ids;
      return outcome;
    }
    const last = drawing.ids.at(-1)!;
    if (options.constraint) yield undefined;
    else yield* drawing.take();
    stepper.step([last]);
    logits = stepper.logits(0);
  }
}
