import { UserError } from '../errors.ts';
import { Arena } from '../kernel/arena.ts';
import { chooseKernel } from '../kernel/choose.ts';
import { Engine } from '../kernel/engine.ts';
import type { Checkpoint, Resume } from '../nn/checkpoint.ts';
import type { ModelConfig } from '../nn/config.ts';
import { initialize } from '../nn/initializers.ts';
import { Random } from '../random.ts';
import { createBatches } from '../text/batches.ts';
import type { Corpus } from '../text/corpus.ts';
import { type Split, splitCorpus } from '../text/split.ts';
import type { Batches, BatchOptions, Window } from '../text/windows.ts';
import { runCommand } from './command.ts';
import { evaluate, sumLosses } from './evaluate.ts';
import type { CheckpointEvent, DoneEvent, ReportEvent, StartEvent, StepEvent, TrainEvent } from './events.ts';
import { type History, Tally } from './history.ts';
import { defaultSteps, fitBatch, type Limits, type Place, type Recipe, validationInterval } from './options.ts';
import * as program from './program.ts';
import { COMMAND, type ProgramConfig, SETTING, TrainingPlan } from './program.ts';
import { checkRecipe, type RunRecord, readProgress, type TrainerProgress, toJson } from './run.ts';
import { rateFactor } from './schedule.ts';

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
  readonly #limits: Limits;
  readonly #batches: Batches;
  readonly #plan: TrainingPlan;
  readonly #engine: Engine<ProgramConfig>;
  readonly #interval: number;
  readonly #start: StartEvent;
  readonly #tally = new Tally();
  readonly #startTime = performance.now();
  #history: History = [];
  #step = 0;
  #epoch = 0;
  #best = Number.POSITIVE_INFINITY;
  #rate = 0;

  static async start(corpus: Corpus, given: TrainOptions): Promise<Trainer> {
    const options = { ...given, recipe: checkRecipe(given.recipe) };
    const { recipe, place } = options;
    const split = splitCorpus(corpus, recipe);
    const batch = fitBatch(split.train, recipe);
    const model: ModelConfig = { ...recipe.model, symbols: corpus.vocabulary.size };
    const shape = { steps: batch.window, rows: batch.rows, training: true };
    const config = { model, shape, optimizer: recipe.optimizer };
    const choice = chooseKernel(place.kernel);
    const threads = choice.name === 'js' ? 1 : Math.min(place.threads, batch.rows);
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
    this.#limits = given ? recipe.limits : { steps: defaultSteps(split.train, batch) };
    this.#batches = createBatches(split.train, batch, `${recipe.seed}/order`);
    this.#plan = plan;
    this.#engine = engine;
    this.#interval = recipe.validateEvery ?? validationInterval(split.train, split.validation, this.#limits, batch);
    const { manifest, values } = plan.model.parameters;
    this.#start = {
      type: 'start',
      parameters: manifest.size,
      batch,
      limits: this.#limits,
      trainSymbols: split.train.targets,
      validationSymbols: split.validation.targets,
      testSymbols: split.test.targets,
      kernel: engine.kernels.name,
      kernelReason,
      threads: engine.threads,
      notes: engine.notice ? [...split.notes, engine.notice] : split.notes,
    };
    if (resume) {
      this.#resume(resume.checkpoint, resume.run);
    } else {
      const random = new Random(`${recipe.seed}/parameters`);
      initialize(engine.kernels.floats.subarray(values), manifest, plan.model.config, random, recipe.initializer);
    }
  }

  async close(): Promise<void> {
    await this.#engine.close();
  }

  async *run(): AsyncGenerator<TrainEvent, void, void> {
    yield this.#start;
    let turn = performance.now();
    let ended = this.#ended();
    while (!ended) {
      yield await this.#update();
      if (performance.now() - turn > TURN_MS) {
        await new Promise((resolve) => setImmediate(resolve));
        turn = performance.now();
      }
      ended = this.#ended();
      const between = ended === 'interrupted' && this.#step % this.#interval !== 0;
      if (between) yield* this.#pause();
      else if (this.#step % this.#interval === 0 || ended) yield* this.#report(ended !== undefined);
    }
    yield await this.#done(ended);
  }

  /** Reads the next window and updates the parameters by it. */
  async #update(): Promise<StepEvent> {
    const { model } = this.#plan;
    const { kernels } = this.#engine;
    const { recipe } = this.#options;
    const positions = this.#batch.rows * this.#batch.window;
    const view = (address: number): Int32Array => kernels.ints.subarray(address, address + positions);
    const window = this.#batches.next(view(model.inputs), view(model.targets), view(model.keep));
    this.#rate = recipe.rate * rateFactor(recipe.schedule, this.#step + 1, this.#progress());
    await this.#runStep(window);
    const losses = sumLosses(kernels.floats, model.losses, window.steps * this.#batch.rows);
    const norm = this.#engine.settings[SETTING.norm]!;
    const loss = losses / window.counted;
    this.#step++;
    if (!Number.isFinite(loss)) throw this.#diverged(`the loss is ${loss}`);
    if (!Number.isFinite(norm)) throw this.#diverged(`the gradient's norm is ${norm}`);
    model.carry(kernels, window.advance);
    this.#epoch = window.epoch;
    this.#tally.add(losses, window.counted, norm, norm > recipe.clipNorm);
    return {
      type: 'step',
      step: this.#step,
      epoch: this.#epoch,
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
    settings[SETTING.steps] = steps;
    settings[SETTING.lossScale] = 1 / counted;
    settings[SETTING.rate] = this.#rate;
    settings[SETTING.update] = this.#step + 1;
    settings[SETTING.clipNorm] = recipe.clipNorm;
    settings[SETTING.clipValue] = recipe.clipValue;
    await runCommand(this.#engine, COMMAND.train);
  }

  /** A point of the history, a checkpoint of the last state, and one of the best where this is it. */
  async *#report(final: boolean): AsyncGenerator<ReportEvent | CheckpointEvent> {
    this.#requireFinite();
    const { validation } = this.#split;
    const loss = validation.targets > 0 ? (await evaluate(this.#engine, this.#plan, validation)).loss : undefined;
    if (loss !== undefined && !Number.isFinite(loss)) throw this.#diverged(`the validation loss is ${loss}`);
    const point = this.#tally.take(this.#step, this.#epoch, this.#rate, loss);
    this.#history.push(point);
    // Where nothing is held out, the newest model counts as the best.
    const best = loss === undefined || loss < this.#best;
    if (loss !== undefined && best) this.#best = loss;
    yield { type: 'report', point, best };
    if (best) yield { type: 'checkpoint', kind: 'best', final, snapshot: () => this.#snapshot(false) };
    yield { type: 'checkpoint', kind: 'last', final, snapshot: () => this.#snapshot(true) };
  }

  /**
   * The last state as it is between two reports, so that a run resumed from it goes on as if it had never stopped. Where there
   * is no report yet, it is the best model, too.
   */
  *#pause(): Generator<CheckpointEvent> {
    if (this.#history.length === 0)
      yield { type: 'checkpoint', kind: 'best', final: true, snapshot: () => this.#snapshot(false) };
    yield { type: 'checkpoint', kind: 'last', final: true, snapshot: () => this.#snapshot(true) };
  }

  async #done(reason: DoneEvent['reason']): Promise<DoneEvent> {
    const { test } = this.#split;
    const best = Number.isFinite(this.#best) ? this.#best : undefined;
    const testLoss = test.targets > 0 ? (await evaluate(this.#engine, this.#plan, test)).loss : undefined;
    const loss = this.#history.at(-1)?.loss;
    return { type: 'done', reason, step: this.#step, epoch: this.#epoch, loss, validation: best, test: testLoss };
  }

  /** Share of the run that is over: of the limit that is nearest. */
  #progress(): number {
    const { epochs = Number.POSITIVE_INFINITY, steps = Number.POSITIVE_INFINITY } = this.#limits;
    const shares = [
      this.#step / steps,
      this.#epoch / epochs,
      this.#seconds() / (this.#limits.seconds ?? Number.POSITIVE_INFINITY),
    ];
    return Math.min(1, Math.max(...shares));
  }

  #ended(): DoneEvent['reason'] | undefined {
    const { epochs, steps, seconds } = this.#limits;
    if (steps !== undefined && this.#step >= steps) return 'steps';
    if (epochs !== undefined && this.#epoch >= epochs) return 'epochs';
    if (seconds !== undefined && this.#seconds() >= seconds) return 'time';
    // Last: a run that is over needn't be resumed.
    if (this.#options.signal?.aborted) return 'interrupted';
    return undefined;
  }

  #seconds(): number {
    return (performance.now() - this.#startTime) / 1000;
  }

  /** A checkpoint can't hold what isn't finite, and an update may overflow though its loss and its gradient didn't. */
  #requireFinite(): void {
    const { model, optimizer } = this.#plan;
    const { floats } = this.#engine.kernels;
    const { size } = model.parameters.manifest;
    const finite =
      areFinite(floats, model.parameters.values, size) &&
      optimizer.moments.every((moment) => areFinite(floats, moment, size)) &&
      model.states.every((state) => areFinite(floats, state, model.shape.rows * model.config.hidden));
    if (!finite) throw this.#diverged('the parameters are no longer finite');
  }

  #diverged(what: string): UserError {
    return new UserError(
      `training diverged: ${what} at step ${this.#step}; use a smaller --lr (it was ${this.#options.recipe.rate}) or a smaller --clip-norm`,
    );
  }

  #snapshot(resumable: boolean): Checkpoint {
    const { model } = this.#plan;
    const { floats } = this.#engine.kernels;
    const { manifest, values } = model.parameters;
    const { recipe } = this.#options;
    const { hash, mode, characters, vocabulary } = this.#corpus;
    const { train: trainPart, validation, test } = this.#split;
    const run = toJson({
      recipe,
      corpus: {
        hash,
        mode,
        characters,
        trainSymbols: trainPart.targets,
        validationSymbols: validation.targets,
        testSymbols: test.targets,
      },
      step: this.#step,
      epoch: this.#epoch,
      history: this.#history,
    });
    return {
      model: model.config,
      vocabulary: vocabulary.toJSON() as never,
      run,
      parameters: floats.slice(values, values + manifest.size) as Float32Array,
      resume: resumable ? this.#resumeState() : undefined,
    };
  }

  #resumeState(): Resume {
    const { model, optimizer } = this.#plan;
    const { kernels } = this.#engine;
    const { size } = model.parameters.manifest;
    const moments = optimizer.moments.map(
      (at, index) => [momentKey(index), kernels.floats.slice(at, at + size) as Float32Array] as const,
    );
    const states = model.saveStates(kernels).map((state, index) => [stateKey(index), state as Float32Array] as const);
    const progress: TrainerProgress = {
      best: Number.isFinite(this.#best) ? this.#best : null,
      tally: this.#tally.state,
      batches: this.#batches.state() as TrainerProgress['batches'],
    };
    return { data: toJson(progress), tensors: new Map([...moments, ...states]) };
  }

  /** Takes up everything that `#snapshot(true)` gave. */
  #resume({ parameters, resume }: Checkpoint, run: RunRecord): void {
    if (!resume) throw new UserError('the checkpoint has no training state to resume; give the .last.json beside it');
    const { model, optimizer } = this.#plan;
    const { floats } = this.#engine.kernels;
    const { manifest, values } = model.parameters;
    const tensor = (key: string, size: number): Float32Array => {
      const found = resume.tensors.get(key);
      if (found?.length === size) return found;
      throw new UserError(`the checkpoint can't be resumed: ${key} has ${found?.length ?? 0} numbers, not ${size}`);
    };
    const block = model.shape.rows * model.config.hidden;
    const progress = readProgress(resume.data);
    floats.set(parameters, values);
    for (const [index, at] of optimizer.moments.entries()) floats.set(tensor(momentKey(index), manifest.size), at);
    model.loadStates(
      this.#engine.kernels,
      model.states.map((_, index) => tensor(stateKey(index), block)),
    );
    const { batches } = progress;
    if (batches.mode === 'lines' && batches.inputs.some((id) => id >= model.config.symbols)) {
      throw new UserError("the checkpoint can't be resumed: its place in the text has symbols outside the vocabulary");
    }
    this.#batches.restore(batches);
    this.#tally.restore(progress.tally);
    this.#best = progress.best ?? Number.POSITIVE_INFINITY;
    this.#history = [...run.history];
    this.#step = run.step;
    this.#epoch = run.epoch;
  }
}

/** x − x is 0, and NaN for infinity and NaN. */
function areFinite(floats: ArrayLike<number>, at: number, count: number): boolean {
  let sum = 0;
  for (let j = at; j < at + count; j++) sum += floats[j]! - floats[j]!;
  return sum === 0;
}

const momentKey = (index: number): string => `moment.${index}`;
const stateKey = (index: number): string => `state.${index}`;
