import type { Checkpoint } from '../nn/checkpoint.ts';
import type { ModelConfig } from '../nn/config.ts';
import { updateKey } from '../nn/dropout-key.ts';
import { extendParameters } from '../nn/extend.ts';
import { initialize } from '../nn/initializers.ts';
import { Random } from '../random.ts';
import type { Corpus } from '../text/corpus.ts';
import type { Part } from '../text/split.ts';
import type { Window } from '../text/windows.ts';
import { runCommand } from './command.ts';
import {
  Divergence,
  hasDiverged,
  isFarAboveBest,
  keepTarget,
  ROLLBACK_FACTOR,
  requireRollback,
  type Target,
} from './divergence.ts';
import { evaluate, sumLosses } from './evaluate.ts';
import type { CheckpointEvent, DoneEvent, NoticeEvent, ReportEvent, StepEvent, TrainEvent } from './events.ts';
import { bestPoint } from './history.ts';
import type { Place } from './options.ts';
import { COMMAND, SETTING } from './program.ts';
import type { Recipe } from './recipe.ts';
import type { RunRecord } from './run.ts';
import { rateFactor } from './schedule.ts';
import { type Setup, setUp, startEvent } from './setup.ts';
import { type Moment, restoreSnapshot, takeSnapshot } from './snapshot.ts';
import { RunState } from './state.ts';
import { type UpdateStatistics, UpdateWatch } from './statistics.ts';
import { areTensorsFinite } from './tensors.ts';

/** The longest that signals and timers of the process have to wait for a step, as far as steps are shorter. */
const TURN_MS = 50;

export interface TrainOptions {
  readonly recipe: Recipe;
  readonly place: Place;
  /** Ends the run after the step under way, with a last checkpoint. */
  readonly signal?: AbortSignal;
  /** Asked after every step without a report: whether its state is to be offered as a last checkpoint, too. */
  readonly saveNow?: () => boolean;
  /** Begins with another model's parameters instead of drawn ones; symbols that it didn't have are drawn. */
  readonly origin?: Origin;
  /** Goes on from a checkpoint's last state. The recipe must be the one that its run's record has. */
  readonly resume?: { readonly checkpoint: Checkpoint; readonly run: RunRecord };
}

/** A trained model to begin from, with the new id of each of its symbols in the corpus's vocabulary. */
export interface Origin {
  readonly model: ModelConfig;
  readonly parameters: Float32Array;
  readonly ids: Uint32Array;
}

/**
 * Trains a model on a corpus: an iterator of events, of which the caller shows and saves what it likes.
 *
 * UserError when the run diverges (training/divergence.ts) and isn't to go back; the checkpoints made before are good.
 */
export async function* train(corpus: Corpus, options: TrainOptions): AsyncGenerator<TrainEvent, void, void> {
  const setup = await setUp(corpus, options.recipe, options.place);
  try {
    yield* new Trainer(setup, options).run();
  } finally {
    await setup.engine.close();
  }
}

/** A run under way, and how far it is. */
class Trainer {
  readonly #setup: Setup;
  readonly #signal: AbortSignal | undefined;
  readonly #saveNow: () => boolean;
  readonly #state = new RunState();
  readonly #dropoutSeed: number;
  #rate = 0;
  /** Of the last step, where it was watched. */
  #statistics: UpdateStatistics | undefined;
  /** Where the run goes back to if it diverges, if it is to. */
  #target: Target | undefined;

  constructor(setup: Setup, { resume, origin, signal, saveNow = () => false }: TrainOptions) {
    const { recipe, plan, engine } = setup;
    this.#setup = setup;
    this.#signal = signal;
    this.#saveNow = saveNow;
    this.#dropoutSeed = new Random(`${recipe.seed}/dropout`).integer(2 ** 32);
    if (resume) {
      this.#target = restoreSnapshot(this.#moment, resume.checkpoint, resume.run);
      if (!this.#target) this.#keepTarget();
    } else {
      const { manifest, values } = plan.model.parameters;
      const random = new Random(`${recipe.seed}/parameters`);
      initialize(engine.kernels.floats.subarray(values), manifest, plan.model.config, random, recipe.initializer);
      if (origin) this.#begin(origin);
      plan.average?.start(engine.kernels);
      this.#keepTarget();
    }
  }

  async *run(): AsyncGenerator<TrainEvent, void, void> {
    const { engine, interval } = this.#setup;
    yield startEvent(this.#setup);
    let turn = performance.now();
    let told = engine.notice; // the start has told it
    let ended = this.#ended();
    // No step was asked for: the model is saved as it is before training.
    if (ended === 'steps' && this.#state.step === 0) yield* this.#pause();
    while (!ended) {
      try {
        yield await this.#update();
        if (engine.notice && engine.notice !== told) {
          told = engine.notice;
          yield { type: 'notice', text: told };
        }
        if (performance.now() - turn > TURN_MS) {
          await new Promise((resolve) => setImmediate(resolve));
          turn = performance.now();
        }
        ended = this.#ended();
        const between = ended === 'interrupted' && this.#state.step % interval !== 0;
        if (between) yield* this.#pause();
        else if (this.#state.step % interval === 0 || ended) {
          yield* this.#report(ended !== undefined);
          ended ??= this.#outOfPatience();
        } else if (this.#saveNow()) yield* this.#offerLast();
      } catch (error) {
        if (!(error instanceof Divergence)) throw error;
        yield this.#rollBack(error);
        ended = this.#ended();
      }
    }
    yield this.#done(ended);
  }

  /** Reads the next window and updates the parameters by it. */
  async #update(): Promise<StepEvent> {
    const { recipe, batch, batches, plan, engine } = this.#setup;
    const { model } = plan;
    const { kernels, settings } = engine;
    const state = this.#state;
    const positions = batch.rows * batch.window;
    const view = (address: number): Int32Array => kernels.ints.subarray(address, address + positions);
    const window = batches.next(view(model.inputs), view(model.targets), view(model.keep));
    this.#rate = recipe.rate * rateFactor(recipe.schedule, state.step + 1, this.#progress(), state.plateaus);
    this.#rate *= ROLLBACK_FACTOR ** state.rollbacks;
    const watch = this.#isReported(state.step + 1) ? new UpdateWatch(engine, plan) : undefined;
    await this.#runStep(window);
    const losses = this.#sumLosses(window.steps * batch.rows);
    const norm = settings[SETTING.norm]!;
    const loss = losses / window.counted;
    state.step++;
    if (!Number.isFinite(loss)) throw new Divergence(`the loss is ${loss}`);
    if (!Number.isFinite(norm)) throw new Divergence(`the gradient's norm is ${norm}`);
    model.carry(kernels, window.advance);
    this.#statistics = await watch?.statistics();
    state.epoch = window.epoch;
    state.tally.add(losses, window.counted, norm, settings[SETTING.clipped]!);
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

  /** The mean over the members of their own losses: what is learned from, and what tells of a member that diverges. */
  #sumLosses(positions: number): number {
    const { members } = this.#setup.plan.model;
    const { floats } = this.#setup.engine.kernels;
    return members.reduce((sum, { losses }) => sum + sumLosses(floats, losses, positions), 0) / members.length;
  }

  async #runStep({ steps, counted }: Window): Promise<void> {
    const { recipe, engine } = this.#setup;
    const { settings } = engine;
    const update = this.#state.step + 1;
    settings[SETTING.steps] = steps;
    settings[SETTING.lossScale] = 1 / counted;
    settings[SETTING.rate] = this.#rate;
    settings[SETTING.update] = update;
    settings[SETTING.clipNorm] = recipe.clipNorm;
    settings[SETTING.clipValue] = recipe.clipValue;
    settings[SETTING.dropoutKey] = updateKey(this.#dropoutSeed, update);
    await runCommand(engine, COMMAND.train);
  }

  /** A point of the history, a checkpoint of the last state, and one of the best where this is it. */
  async *#report(final: boolean): AsyncGenerator<ReportEvent | CheckpointEvent> {
    const state = this.#state;
    this.#requireFinite();
    const loss = await this.#evaluate(this.#setup.split.validation);
    if (loss !== undefined && !Number.isFinite(loss)) throw new Divergence(`the validation loss is ${loss}`);
    const judged = state.judge(loss, this.#setup.recipe.schedule.patience);
    const test = judged ? await this.#evaluate(this.#setup.split.test) : undefined;
    const point = state.report(this.#rate, loss, test, this.#statistics);
    const { symbols } = this.#setup.plan.model.config;
    if (hasDiverged(state.history, symbols, final))
      throw new Divergence(`the loss, ${point.loss.toPrecision(3)} nats, is far above the best`);
    const isSound = !isFarAboveBest(state.history, symbols);
    // Where nothing is held out, the newest model is not the best while something is broken.
    const best = judged && (isSound || loss !== undefined || state.history.length === 1);
    if (best && isSound) this.#keepTarget();
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
    this.#requireFinite();
    if (this.#state.history.length === 0) yield this.#checkpoint('best', true);
    yield this.#checkpoint('last', true);
  }

  /** As `#pause`, but the run goes on. */
  *#offerLast(): Generator<CheckpointEvent> {
    this.#requireFinite();
    yield this.#checkpoint('last', false);
  }

  #requireFinite(): void {
    if (!areTensorsFinite(this.#setup.plan, this.#setup.engine.kernels))
      throw new Divergence('the parameters are no longer finite');
  }

  /** Whether a report is known to follow a step: not of one that time or a signal ends. */
  #isReported(step: number): boolean {
    const { interval, limits } = this.#setup;
    return step % interval === 0 || step === limits.steps;
  }

  #checkpoint(kind: 'best' | 'last', final: boolean): CheckpointEvent {
    return { type: 'checkpoint', kind, final, snapshot: () => takeSnapshot(this.#moment, kind === 'last') };
  }

  /** The mean loss of a part by the model as it would be saved, where there is such a part. */
  async #evaluate(part: Part): Promise<number | undefined> {
    if (part.targets === 0) return undefined;
    const { average } = this.#setup.plan;
    average?.exchange(this.#setup.engine.kernels);
    try {
      return (await evaluate(this.#setup.engine, this.#setup.plan, part)).loss;
    } finally {
      average?.exchange(this.#setup.engine.kernels);
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
    return this.#setup.course.progress(this.#state.step, this.#state.epoch);
  }

  #ended(): DoneEvent['reason'] | undefined {
    // A run that is over needn't be resumed, even where it was interrupted, too.
    const { step, epoch } = this.#state;
    const interrupted = this.#signal?.aborted ? 'interrupted' : undefined;
    return this.#setup.course.reached(step, epoch) ?? this.#outOfPatience() ?? interrupted;
  }

  #outOfPatience(): 'patience' | undefined {
    const { patience = Number.POSITIVE_INFINITY } = this.#setup.recipe;
    return this.#state.sinceBest >= patience ? 'patience' : undefined;
  }

  #begin({ model, parameters, ids }: Origin): void {
    const { plan, engine } = this.#setup;
    const { config, parameters: place } = plan.model;
    const fresh = engine.kernels.floats.subarray(place.values, place.values + place.manifest.size);
    extendParameters(parameters, model, ids, fresh as Float32Array, config.symbols);
  }

  #keepTarget(): void {
    if (this.#setup.recipe.onDivergence === 'rollback') this.#target = keepTarget(takeSnapshot(this.#moment, true));
  }

  /** Goes on from the best model's state, with a lower rate. UserError where it isn't to, or has been too often. */
  #rollBack(divergence: Divergence): NoticeEvent {
    const { recipe } = this.#setup;
    const { step, rollbacks } = this.#state;
    requireRollback(divergence, recipe.onDivergence, this.#state, recipe.rate);
    const { checkpoint, run } = this.#target!;
    restoreSnapshot(this.#moment, checkpoint, run);
    this.#state.rollbacks = rollbacks + 1;
    const rate = Number((recipe.rate * ROLLBACK_FACTOR ** (rollbacks + 1)).toPrecision(3));
    const text = `training diverged: ${divergence.message} at step ${step}; back to step ${run.step}, with a rate of ${rate}`;
    return { type: 'notice', text };
  }

  get #moment(): Moment {
    return { ...this.#setup, kernels: this.#setup.engine.kernels, state: this.#state, target: this.#target };
  }
}
