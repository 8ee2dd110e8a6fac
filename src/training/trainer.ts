import { availableParallelism } from 'node:os';
import { UserError } from '../errors.ts';
import { Arena } from '../kernel/arena.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { Engine } from '../kernel/engine.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { ModelConfig } from '../nn/config.ts';
import { updateKey } from '../nn/dropout.ts';
import { initialize } from '../nn/initializers.ts';
import { Random } from '../random.ts';
import { createBatches } from '../text/batches.ts';
import type { Corpus } from '../text/corpus.ts';
import { type Part, type Split, splitCorpus } from '../text/split.ts';
import type { Batches, BatchOptions, Window } from '../text/windows.ts';
import { runCommand } from './command.ts';
import { Course } from './course.ts';
import { evaluate, sumLosses } from './evaluate.ts';
import type { CheckpointEvent, DoneEvent, ReportEvent, StartEvent, StepEvent, TrainEvent } from './events.ts';
import { bestPoint } from './history.ts';
import {
  defaultSteps,
  fitBatch,
  fitThreads,
  type Limits,
  type Place,
  type Recipe,
  validationInterval,
} from './options.ts';
import * as program from './program.ts';
import { COMMAND, type ProgramConfig, SETTING, TrainingPlan } from './program.ts';
import { checkRecipe, type RunRecord } from './run.ts';
import { rateFactor } from './schedule.ts';
import { type Moment, restoreSnapshot, takeSnapshot } from './snapshot.ts';
import { RunState } from './state.ts';
import { areTensorsFinite } from './tensors.ts';

/** The longest that signals and timers of the process have to wait for a step, as far as steps are shorter. */
const TURN_MS = 50;

export interface TrainOptions {
  readonly recipe: Recipe;
  readonly place: Place;
  /** Ends the run after the step under way, with a last checkpoint. */
  readonly signal?: AbortSignal;
  /** Goes on from a checkpoint's last state. The recipe must be the one that its run's record has. */
  readonly resume?: { readonly checkpoint: Checkpoint; readonly run: RunRecord };
}

/**
 * Trains a model on a corpus: an iterator of events, of which the caller shows and saves what it likes.
 *
 * UserError when the loss is no longer a number; the checkpoints made before are good.
 */
export async function* train(corpus: Corpus, options: TrainOptions): AsyncGenerator<TrainEvent, void, void> {
  const trainer = await Trainer.start(corpus, options);
  try {
    yield* trainer.run();
  } finally {
    await trainer.close();
  }
}

/** A run under way: the memory, the threads, the batches, and how far it is. */
class Trainer {
  readonly #corpus: Corpus;
  readonly #split: Split;
  readonly #options: TrainOptions;
  readonly #batch: Required<BatchOptions>;
  readonly #course: Course;
  readonly #batches: Batches;
  readonly #plan: TrainingPlan;
  readonly #engine: Engine<ProgramConfig>;
  readonly #interval: number;
  readonly #start: StartEvent;
  readonly #state = new RunState();
  readonly #dropoutSeed: number;
  #rate = 0;

  static async start(corpus: Corpus, given: TrainOptions): Promise<Trainer> {
    const options = { ...given, recipe: checkRecipe(given.recipe) };
    const { recipe, place } = options;
    const split = splitCorpus(corpus, recipe);
    const batch = fitBatch(split.train, recipe);
    const model: ModelConfig = { ...recipe.model, symbols: corpus.vocabulary.size };
    const shape = { steps: batch.window, rows: batch.rows, training: true };
    const { optimizer, dropout, averaging } = recipe;
    const config = { model, shape, optimizer, dropout, averaging };
    const choice = chooseKernel(place.kernel);
    const fitted = place.threads ?? fitThreads(model, batch, availableParallelism());
    const threads = choice.name === 'js' ? 1 : Math.min(fitted, batch.rows);
    const arena = new Arena();
    const plan = new TrainingPlan(arena, config);
    const engine = await Engine.start({ choice, threads, program, url: program.PROGRAM, config }, arena);
    try {
      return new Trainer(corpus, options, split, batch, plan, engine, choice.reason);
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  private constructor(
    corpus: Corpus,
    options: TrainOptions,
    split: Split,
    batch: Required<BatchOptions>,
    plan: TrainingPlan,
    engine: Engine<ProgramConfig>,
    kernelReason: string,
  ) {
    const { recipe, resume } = options;
    const given = Object.values(recipe.limits).some((limit) => limit !== undefined);
    this.#corpus = corpus;
    this.#options = options;
    this.#split = split;
    this.#batch = batch;
    const limits: Limits = given ? recipe.limits : { steps: defaultSteps(split.train, batch) };
    this.#course = new Course(limits);
    this.#batches = createBatches(split.train, batch, `${recipe.seed}/order`);
    this.#plan = plan;
    this.#engine = engine;
    this.#interval = recipe.validateEvery ?? validationInterval(split.train, split.validation, limits, batch);
    const { manifest, values } = plan.model.parameters;
    this.#start = {
      type: 'start',
      parameters: manifest.size,
      batch,
      limits,
      trainSymbols: split.train.targets,
      validationSymbols: split.validation.targets,
      testSymbols: split.test.targets,
      kernel: engine.kernels.name,
      kernelReason,
      threads: engine.threads,
      notes: engine.notice ? [...split.notes, engine.notice] : split.notes,
    };
    this.#dropoutSeed = new Random(`${recipe.seed}/dropout`).integer(2 ** 32);
    if (resume) {
      restoreSnapshot(this.#moment, resume.checkpoint, resume.run);
    } else {
      const random = new Random(`${recipe.seed}/parameters`);
      initialize(engine.kernels.floats.subarray(values), manifest, plan.model.config, random, recipe.initializer);
      plan.average?.start(engine.kernels);
    }
  }

  async close(): Promise<void> {
    await this.#engine.close();
  }

  async *run(): AsyncGenerator<TrainEvent, void, void> {
    yield this.#start;
    let turn = performance.now();
    let told = this.#engine.notice; // the start has told it
    let ended = this.#ended();
    while (!ended) {
      yield await this.#update();
      if (this.#engine.notice && this.#engine.notice !== told) {
        told = this.#engine.notice;
        yield { type: 'notice', text: told };
      }
      if (performance.now() - turn > TURN_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        turn = performance.now();
      }
      ended = this.#ended();
      const between = ended === 'interrupted' && this.#state.step % this.#interval !== 0;
      if (between) yield* this.#pause();
      else if (this.#state.step % this.#interval === 0 || ended) {
        yield* this.#report(ended !== undefined);
        ended ??= this.#outOfPatience();
      }
    }
    yield this.#done(ended);
  }

  /** Reads the next window and updates the parameters by it. */
  async #update(): Promise<StepEvent> {
    const { model } = this.#plan;
    const { kernels } = this.#engine;
    const { recipe } = this.#options;
    const state = this.#state;
    const positions = this.#batch.rows * this.#batch.window;
    const view = (address: number): Int32Array => kernels.ints.subarray(address, address + positions);
    const window = this.#batches.next(view(model.inputs), view(model.targets), view(model.keep));
    this.#rate = recipe.rate * rateFactor(recipe.schedule, state.step + 1, this.#progress(), state.plateaus);
    await this.#runStep(window);
    const losses = sumLosses(kernels.floats, model.losses, window.steps * this.#batch.rows);
    const norm = this.#engine.settings[SETTING.norm]!;
    const loss = losses / window.counted;
    state.step++;
    if (!Number.isFinite(loss)) throw this.#diverged(`the loss is ${loss}`);
    if (!Number.isFinite(norm)) throw this.#diverged(`the gradient's norm is ${norm}`);
    model.carry(kernels, window.advance);
    state.epoch = window.epoch;
    state.tally.add(losses, window.counted, norm, norm > recipe.clipNorm);
    return {
      type: 'step',
      step: state.step,
      epoch: state.epoch,
      loss,
      gradientNorm: norm,
      rate: this.#rate,
      symbols: window.counted,
      progress: this.#progress(),
    };
  }

  async #runStep({ steps, counted }: Window): Promise<void> {
    const { recipe } = this.#options;
    const { settings } = this.#engine;
    const update = this.#state.step + 1;
    settings[SETTING.steps] = steps;
    settings[SETTING.lossScale] = 1 / counted;
    settings[SETTING.rate] = this.#rate;
    settings[SETTING.update] = update;
    settings[SETTING.clipNorm] = recipe.clipNorm;
    settings[SETTING.clipValue] = recipe.clipValue;
    settings[SETTING.dropoutKey] = updateKey(this.#dropoutSeed, update);
    await runCommand(this.#engine, COMMAND.train);
  }

  /** A point of the history, a checkpoint of the last state, and one of the best where this is it. */
  async *#report(final: boolean): AsyncGenerator<ReportEvent | CheckpointEvent> {
    const state = this.#state;
    if (!areTensorsFinite(this.#plan, this.#engine.kernels))
      throw this.#diverged('the parameters are no longer finite');
    const loss = await this.#evaluate(this.#split.validation);
    if (loss !== undefined && !Number.isFinite(loss)) throw this.#diverged(`the validation loss is ${loss}`);
    const best = state.judge(loss, this.#options.recipe.schedule.patience);
    const test = best ? await this.#evaluate(this.#split.test) : undefined;
    const point = state.report(this.#rate, loss, test);
    yield { type: 'report', point, best };
    const over = final || this.#outOfPatience() !== undefined;
    if (best) yield this.#checkpoint('best', over);
    yield this.#checkpoint('last', over);
  }

  /**
   * The last state as it is between two reports, so that a run resumed from it goes on as if it had never stopped. Where there
   * is no report yet, it is the best model, too.
   */
  *#pause(): Generator<CheckpointEvent> {
    if (this.#state.history.length === 0) yield this.#checkpoint('best', true);
    yield this.#checkpoint('last', true);
  }

  #checkpoint(kind: 'best' | 'last', final: boolean): CheckpointEvent {
    return { type: 'checkpoint', kind, final, snapshot: () => takeSnapshot(this.#moment, kind === 'last') };
  }

  /** The mean loss of a part by the model as it would be saved, where there is such a part. */
  async #evaluate(part: Part): Promise<number | undefined> {
    if (part.targets === 0) return undefined;
    const { average } = this.#plan;
    average?.exchange(this.#engine.kernels);
    try {
      return (await evaluate(this.#engine, this.#plan, part)).loss;
    } finally {
      average?.exchange(this.#engine.kernels);
    }
  }

  #done(reason: DoneEvent['reason']): DoneEvent {
    const { step, epoch, history } = this.#state;
    const best = bestPoint(history);
    return {
      type: 'done',
      reason,
      step,
      epoch,
      loss: history.at(-1)?.loss,
      validation: best?.validation,
      test: best?.test,
    };
  }

  #progress(): number {
    return this.#course.progress(this.#state.step, this.#state.epoch);
  }

  #ended(): DoneEvent['reason'] | undefined {
    // A run that is over needn't be resumed, even where it was interrupted, too.
    const { step, epoch } = this.#state;
    const interrupted = this.#options.signal?.aborted ? 'interrupted' : undefined;
    return this.#course.reached(step, epoch) ?? this.#outOfPatience() ?? interrupted;
  }

  #outOfPatience(): 'patience' | undefined {
    const { patience = Number.POSITIVE_INFINITY } = this.#options.recipe;
    return this.#state.sinceBest >= patience ? 'patience' : undefined;
  }

  #diverged(what: string): UserError {
    return new UserError(
      `training diverged: ${what} at step ${this.#state.step}; use a smaller --lr (it was ${this.#options.recipe.rate}) or a smaller --clip-norm`,
    );
  }

  get #moment(): Moment {
    return {
      recipe: this.#options.recipe,
      corpus: this.#corpus,
      split: this.#split,
      plan: this.#plan,
      kernels: this.#engine.kernels,
      batches: this.#batches,
      state: this.#state,
    };
  }
}
