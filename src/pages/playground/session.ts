import {
  type Checkpoint,
  fineTune,
  type LanguageModel,
  load,
  readCheckpoint,
  serialize,
  type Training,
  type TrainingOptions,
  train,
  UserError,
} from '../../browser/index.ts';
import { counted } from '../../counts.ts';
import { textParts } from '../../training/complete-recipe.ts';
import { Divergence } from '../../training/divergence.ts';
import { readRun } from '../../training/record.ts';
import { kernelRemark } from '../kernel-remark.ts';
import { lookAt } from './look.ts';
import { Meter } from './meter.ts';
import { openFile, stateOf } from './open.ts';
import type {
  Begun,
  Choices,
  News,
  Opened,
  ReadRequest,
  Saved,
  Settings,
  Stopped,
  TextFacts,
  View,
} from './protocol.ts';
import { type ReadText, readText, watchedPart } from './reading.ts';
import { recipeOf } from './recipe.ts';

/** A run that is under way. */
interface Run {
  readonly training: Training;
  readonly text: ReadText;
  /** Its state before the first step that was taken here. */
  readonly first: Checkpoint;
  readonly part: ReturnType<typeof watchedPart>;
  step: number;
  isOver: boolean;
}

type Limits = NonNullable<TrainingOptions['limits']>;

/** Looks may cost this share of the time, and come no more often than this. */
const LOOK = { share: 0.2, leastMs: 500 };

/** All that the worker has: a text, a run, and how it is watched. The page asks for one thing after another. */
export class Session {
  #text: ReadText | undefined;
  #run: Run | undefined;
  /** A model that was opened, and that no run has begun with. */
  #model: LanguageModel | undefined;
  #settings: Settings = { prefix: '', temperature: 0.8, reading: '', pace: 0 };
  #isPaused = true;
  /** What happens between two steps waits for the step, and the next step for it. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #meter = new Meter();

  /** Reads the text to train on. UserError where it can't be. */
  async read(request: ReadRequest): Promise<TextFacts> {
    this.#text = await readText(request);
    return this.#text.facts;
  }

  /** Makes a new run on the text, with a new network. No step is taken yet. UserError where the text or the choices don't allow it. */
  async begin(choices: Choices): Promise<Begun> {
    const text = this.#requireText();
    const recipe = recipeOf(choices);
    return await this.#start(text, recipe.limits!, (limits) => train(text.corpus, { ...recipe, limits }));
  }

  /** The same with the model that was opened in the place of a new network. */
  async tune(choices: Choices): Promise<Begun> {
    const [text, model] = [this.#requireText(), this.#model];
    if (!model) throw new UserError('No checkpoint is open. Open one first.');
    const { model: _, ...recipe } = recipeOf(choices);
    return await this.#start(text, recipe.limits!, (limits) => fineTune(model, text.text, { ...recipe, limits }));
  }

  /** Lets the run go on for more steps after its end. */
  async extend(steps: number): Promise<Begun> {
    const run = this.#requireRun();
    const state = await readCheckpoint(stateAt(run));
    return await this.#resume(run.text, state, run.training.rate, { steps: run.step + steps });
  }

  /** Opens a checkpoint. Its run goes on where its text is at hand; else the model is there to look at, and to begin a run with. */
  async open(file: Blob, name: string): Promise<Opened> {
    const opened = await openFile(file, name, this.#text);
    const { model, choices, text, run } = opened;
    const state = stateOf(opened);
    this.#text = text ?? this.#text;
    this.#run = undefined;
    this.#model = model;
    const begun = text && state ? await this.#resume(text, state, run.recipe.rate, run.recipe.limits) : undefined;
    const { parameters, model: config } = model.checkpoint;
    return {
      name,
      choices,
      parameters: parameters.length,
      symbols: config.symbols,
      step: run.step,
      history: run.history,
      begun,
      text: text?.facts,
    };
  }

  /** Trains until the run is paused or over, and gives what happens. UserError where it diverges. */
  async run(give: (news: News) => void): Promise<Stopped> {
    const run = this.#requireRun();
    this.#isPaused = false;
    this.#meter.restart();
    try {
      await this.#goOn(run, give);
    } finally {
      for (const news of this.#progress()) give(news);
      this.#isPaused = true;
    }
    return { reason: run.isOver ? 'done' : 'paused', step: run.step };
  }

  async #goOn(run: Run, give: (news: News) => void): Promise<void> {
    let nextLook = performance.now();
    while (!this.#isPaused && !run.isOver) {
      for (const news of await this.#advance(run)) give(news);
      if (this.#meter.isDue || run.isOver) for (const news of this.#progress()) give(news);
      if (performance.now() >= nextLook && !run.isOver) {
        const start = performance.now();
        give({ kind: 'view', view: await this.look() });
        const cost = performance.now() - start;
        nextLook = performance.now() + Math.max(LOOK.leastMs, cost / LOOK.share);
      }
      await this.#keepPace();
    }
  }

  /** Lets the run stop after the step that is under way. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Takes one step. */
  async step(): Promise<{ readonly news: readonly News[]; readonly stopped: Stopped }> {
    const run = this.#requireRun();
    this.#meter.restart();
    const news = [...(await this.#advance(run)), ...this.#progress()];
    return { news, stopped: { reason: run.isOver ? 'done' : 'paused', step: run.step } };
  }

  /** Changes the learning rate from the next step on. UsageError for a rate that is not above 0. */
  setRate(rate: number): void {
    if (this.#run) this.#run.training.rate = rate;
  }

  /** What is looked at from now on. */
  watch(settings: Settings): void {
    this.#settings = settings;
  }

  /** Looks at the network as it is now. */
  async look(): Promise<View> {
    return await this.#between(async () => {
      const run = this.#run;
      const settings = this.#settings;
      if (run) {
        const model = await load(stateAt(run), run.text.facts.name);
        return await lookAt(model, { step: run.step, settings, part: run.part, test: run.text.test });
      }
      if (!this.#model) throw new UserError('There is no network yet. Choose a text, and train.');
      const { step } = readRun(this.#model.checkpoint, this.#model.name);
      return await lookAt(this.#model, { step, settings });
    });
  }

  /** The run as a checkpoint that `rnn` reads and resumes; of a model that was opened, its checkpoint. */
  async save(): Promise<Saved> {
    return await this.#between(() => {
      const checkpoint = this.#run ? stateAt(this.#run) : this.#model?.checkpoint;
      if (!checkpoint) throw new UserError('There is no network yet. Choose a text, and train.');
      const name = this.#run?.text.facts.name ?? 'model';
      return { name: `${name}.last.json`, file: new Blob([serialize(checkpoint)], { type: 'application/json' }) };
    });
  }

  async #resume(text: ReadText, state: Checkpoint, rate: number, limits: Limits): Promise<Begun> {
    const { recipe } = readRun(state, text.facts.name);
    const resume = (until: Limits) => train(text.corpus, { ...recipe, rate, limits: until, resume: state });
    return await this.#start(text, limits, resume, state);
  }

  /** Makes the run that is under way from now on. */
  async #start(text: ReadText, limits: Limits, make: (limits: Limits) => Training, state?: Checkpoint): Promise<Begun> {
    await this.#run?.training.return();
    const first = state ?? (await stateBeforeTraining(make));
    const { recipe, step } = readRun(first, text.facts.name);
    const training = make(limits);
    const { value: start } = await training.next();
    if (start?.type !== 'start') throw new Error('a run begins with a start event');
    const part = watchedPart(text.corpus, textParts(recipe));
    this.#run = { training, text, first, part, step, isOver: limits.steps !== undefined && step >= limits.steps };
    this.#model = undefined;
    const { parameters, batch, kernel: name, kernelReason: reason, roundsTwice, notes } = start;
    const { cell, layers, hidden } = recipe.model;
    return {
      model: { cell, layers, hidden },
      parameters,
      symbols: text.corpus.vocabulary.size,
      rows: batch.rows,
      window: batch.window,
      step,
      remark: kernelRemark({ name, reason, roundsTwice }),
      notes,
    };
  }

  /** Takes the next step of a run. */
  async #advance(run: Run): Promise<News[]> {
    const news: News[] = [];
    try {
      for (const event of await this.#between(() => run.training.step())) {
        if (event.type === 'step') {
          run.step = event.step;
          this.#meter.add(event);
        }
        if (event.type === 'report') news.push({ kind: 'report', point: event.point });
        if (event.type === 'done' || (event.type === 'checkpoint' && event.final)) run.isOver = true;
      }
    } catch (error) {
      run.isOver = true;
      if (!(error instanceof UserError && error.cause instanceof Divergence)) throw error;
      // What the command line advises, a page does not have.
      const what = `The training has diverged after ${counted(run.step, 'step')}: ${error.cause.message}.`;
      throw new UserError(`${what} Use a smaller learning rate, and start over.`, { cause: error });
    }
    return news;
  }

  #progress(): News[] {
    const progress = this.#meter.take();
    return progress ? [progress] : [];
  }

  /** Waits where steps are not to come as fast as they can. */
  async #keepPace(): Promise<void> {
    const { pace } = this.#settings;
    if (pace > 0) await new Promise((resolve) => setTimeout(resolve, 1000 / pace));
  }

  /** Runs a task while no step is under way. */
  #between<Result>(task: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => {});
    return result;
  }

  #requireText(): ReadText {
    if (!this.#text) throw new UserError('There is no text yet. Paste one, choose a file, or take one of this page.');
    return this.#text;
  }

  #requireRun(): Run {
    if (!this.#run) throw new UserError('There is no network yet. Choose a text, and train.');
    return this.#run;
  }
}

/** The checkpoint of a run with its parameters drawn and no step taken. */
async function stateBeforeTraining(make: (limits: Limits) => Training): Promise<Checkpoint> {
  const training = make({ steps: 0 });
  for await (const _ of training);
  return training.state()!;
}

/** The newest state of a run. */
function stateAt({ training, first }: Run): Checkpoint {
  return training.state() ?? first;
}
