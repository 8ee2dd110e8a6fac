import type * as z from 'zod';
import { prepareKernels } from '../host/kernels.browser.ts';
import { requireChosen, requireUnread } from '../library/effect.ts';
import { requireOpen } from '../library/given-options.ts';
import type { LanguageModel } from '../library/language-model.ts';
import { type Material, newPairOptions, trainOn } from '../library/material.ts';
import { trainingSchema } from '../library/training-options.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { parseOptions } from '../schema.ts';
import { type Corpus, corpusFromText, isCorpus } from '../text/corpus.ts';
import { pairsFrom } from '../text/pairs.ts';
import { bytesOf, type Text } from '../text/text.ts';
import { resolveRecipe } from '../training/complete-recipe.ts';
import type { CheckpointEvent, TrainEvent } from '../training/events.ts';
import { recipeSchema } from '../training/recipe.ts';
import type { TrainOptions } from '../training/trainer.ts';

export type TrainingOptions = Readonly<z.input<typeof trainingSchema>>;

/**
 * Trains a model in this thread, with the same numbers as `rnn train` on one thread: the same text, options and seed give the same parameters.
 * A page does it in a worker, so that the page itself stays responsive.
 *
 *     const training = train(text, { limits: { steps: 2000 } });
 *     for await (const event of training) {
 *       if (event.type === 'report') draw(event.point);
 *     }
 *     save(serialize(training.state()!));
 *
 * With a task in `model.pairs`, the model is one of pairs, and the text has a pair a line: source, tab, target.
 *
 * @param text a string, or the bytes of a file, or a corpus that has been read
 *
 * UserError for an option of the wrong type or out of range, for one that can never act beside the others, for a key that is no option, and for a text that can't be read.
 */
export function train(text: Text | Corpus, options: TrainingOptions = {}): Training {
  const { text: reading, pairs, place, signal, resume } = parseOptions(trainingSchema, options);
  const { text: _t, pairs: _p, place: _l, signal: _s, resume: _r, ...given } = options;
  const recipe = resolveRecipe(given);
  if (isCorpus(text)) requireUnread(options);
  if (!resume) requireChosen(options, recipe);
  const { pairs: model } = recipe.model;
  const material: Material = isCorpus(text)
    ? { kind: 'text', corpus: text }
    : model
      ? {
          kind: 'pairs',
          corpus: pairsFrom([['text', bytesOf(text)]], newPairOptions(model.task, pairs, reading)),
          heldOut: {},
        }
      : { kind: 'text', corpus: corpusFromText(text, reading) };
  return new Training(material, { recipe, place, ...(signal ? { signal } : {}), ...(resume ? { resume } : {}) });
}

/** What fine-tuning takes besides the text: what the model has already can't be chosen. */
export type FineTuningOptions = Omit<TrainingOptions, 'model' | 'initializer' | 'pairs' | 'resume'>;

/**
 * Trains a model of texts further: a new run, which begins with the parameters of the model, as `rnn train --fine-tune` does. Symbols of the
 * text that the model does not have are added, with parameters that are drawn. UserError as for `train`.
 */
export function fineTune(
  { checkpoint, vocabulary }: LanguageModel,
  text: Text,
  options: FineTuningOptions = {},
): Training {
  const { symbols: _, sourceSymbols: __, ...model } = checkpoint.model;
  requireOpen(options);
  const { text: reading, place, signal } = parseOptions(trainingSchema, options);
  const { text: _t, place: _l, signal: _s, ...given } = options;
  const { minCount, maxBytes } = reading;
  const corpus = corpusFromText(text, { vocabulary, extend: true, minCount, maxBytes });
  const origin = {
    model: checkpoint.model,
    parameters: checkpoint.parameters,
    ids: vocabulary.idsIn(corpus.vocabulary),
  };
  const recipe = resolveRecipe({ ...given, model });
  requireChosen(options, recipe);
  return new Training({ kind: 'text', corpus }, { recipe, place, origin, ...(signal ? { signal } : {}) });
}

/**
 * A run, as the events that it gives. It goes on only while its events are pulled: who does not ask for the next one has paused it. UserError
 * where it diverges; the state before is good.
 */
export class Training implements AsyncIterableIterator<TrainEvent, void, void> {
  readonly #material: Material;
  readonly #groups: AsyncGenerator<readonly TrainEvent[], void, void>;
  /** Events of a step that has been taken, which nobody has asked for yet. */
  #waiting: readonly TrainEvent[] = [];
  #options: TrainOptions;
  #snapshot: CheckpointEvent['snapshot'] | undefined;
  #rate: number;

  constructor(material: Material, options: TrainOptions) {
    this.#material = material;
    this.#options = options;
    this.#rate = options.recipe.rate;
    this.#groups = this.#run();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<TrainEvent, void>> {
    while (this.#waiting.length === 0) {
      const { done, value } = await this.#groups.next();
      if (done) return { done, value: undefined };
      this.#waiting = value;
    }
    const [value, ...others] = this.#waiting;
    this.#waiting = others;
    return { value: value! };
  }

  /** Takes one step, and gives its events: a `step`, and what follows it, up to `done`. Before the first step, `start` is among them. None at the end. */
  async step(): Promise<readonly TrainEvent[]> {
    const events = [...this.#waiting];
    this.#waiting = [];
    while (!events.some(({ type }) => type === 'step' || type === 'done')) {
      const { done, value } = await this.#groups.next();
      if (done) break;
      events.push(...value);
    }
    return events;
  }

  /** Ends the run: nothing more comes. */
  async return(): Promise<IteratorResult<TrainEvent, void>> {
    this.#waiting = [];
    await this.#groups.return();
    return { done: true, value: undefined };
  }

  /** The learning rate at its highest: the schedule multiplies it. */
  get rate(): number {
    return this.#rate;
  }

  /**
   * Changes the learning rate from the next step on. The run goes on as a run that is resumed with another recipe: its checkpoints have the new
   * rate, and the points of its history the rate that each had. UsageError for a rate that is not above 0.
   */
  set rate(rate: number) {
    parseOptions(recipeSchema, { rate });
    this.#rate = rate;
  }

  /**
   * The run after the newest step, as a checkpoint that `rnn train --resume`, `load` and `serialize` read. Undefined before the first step. Its
   * tensors are views, which the next step overwrites.
   */
  state(): Checkpoint | undefined {
    return this.#snapshot?.();
  }

  /** The events of the run, those of each step together. */
  async *#run(): AsyncGenerator<readonly TrainEvent[], void, void> {
    await prepareKernels();
    for (let isResumed = false; ; isResumed = true) {
      for await (const events of stepsOf(trainOn(this.#material, { ...this.#options, saveNow: () => true }))) {
        const last = events.findLast(
          (event) => event.type === 'checkpoint' && event.kind === 'last',
        ) as CheckpointEvent;
        this.#snapshot = last?.snapshot ?? this.#snapshot;
        yield events.filter(
          (event) => !(isResumed && event.type === 'start') && !(event === last && isUnasked(events)),
        );
        if (events.at(-1)?.type === 'done') return;
        if (this.#rate !== this.#options.recipe.rate) break;
      }
      this.#options = withRate(this.#options, this.#rate, this.state());
    }
  }
}

/** The events of a run, those of each step together: the run has not begun the next step when it gives them. */
async function* stepsOf(events: AsyncIterable<TrainEvent>): AsyncGenerator<readonly TrainEvent[], void, void> {
  let group: TrainEvent[] = [];
  try {
    for await (const event of events) {
      group.push(event);
      const isMore =
        event.type === 'step' || event.type === 'report' || (event.type === 'checkpoint' && event.kind === 'best');
      if (isMore) continue;
      yield group;
      group = [];
    }
  } catch (error) {
    if (group.length > 0) yield group;
    throw error;
  }
}

/** Whether a step ends in a state that was offered for `Training.state` alone. */
function isUnasked(events: readonly TrainEvent[]): boolean {
  const last = events.at(-1);
  return last?.type === 'checkpoint' && !last.final && !events.some(({ type }) => type === 'report');
}

function withRate({ recipe, ...options }: TrainOptions, rate: number, state: Checkpoint | undefined): TrainOptions {
  const changed = { ...options, recipe: { ...recipe, rate } };
  return state ? { ...changed, resume: copied(state) } : changed;
}

/** A checkpoint whose tensors stay as they are when the run goes on. */
function copied({ parameters, resume, ...checkpoint }: Checkpoint): Checkpoint {
  const tensors = new Map([...(resume?.tensors ?? [])].map(([key, values]) => [key, values.slice()]));
  return { ...checkpoint, parameters: parameters.slice(), resume: resume && { ...resume, tensors } };
}
