import { createSha256 } from '#host/sha256';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { ModelConfig } from '../nn/config.ts';
import { extendParameters } from '../nn/extend.ts';
import { initialize } from '../nn/initializers.ts';
import { Random } from '../random.ts';
import type { Corpus } from '../text/corpus.ts';
import type { PairCorpus } from '../text/pairs.ts';
import type { Recipe } from './complete-recipe.ts';
import { type HeldOutPairs, pairData, type TrainingData, textData } from './data.ts';
import { Divergence } from './divergence.ts';
import type { DoneEvent, TrainEvent } from './events.ts';
import { finish } from './finish.ts';
import { bestPoint } from './history.ts';
import type { Place } from './place.ts';
import { hasLastPhase } from './recipe.ts';
import { isOutOfPatience, offerLastState, report } from './report.ts';
import { keepFallback, rollBack } from './rollback.ts';
import { openRun, type Run, startEvent } from './run.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';
import { takeStep } from './step.ts';
import { Turns } from './turns.ts';

export interface TrainOptions {
  readonly recipe: Recipe;
  readonly place: Place;
  /** Ends the run after the step under way, with a last checkpoint. */
  readonly signal?: AbortSignal;
  /** Asked after every step that no report follows: whether to offer the run's state as a last checkpoint. */
  readonly saveNow?: () => boolean;
  /** Asked after every step but the last, with the number of updates done: whether to offer the model as it is, to be looked at. */
  readonly showNow?: (step: number) => boolean;
  /** Begins with another model's parameters instead of drawn ones. The parameters of symbols that it does not have are drawn. */
  readonly origin?: Origin;
  /** Goes on from this checkpoint, which must be resumable. The recipe must be that of its run's record. */
  readonly resume?: Checkpoint;
}

/**
 * A trained model to begin from, with the new id of each of its symbols in the corpus's vocabulary, and of a model of pairs also of each symbol of
 * its sources; without, they are the same.
 */
export interface Origin {
  readonly model: ModelConfig;
  readonly parameters: Float32Array;
  readonly ids?: Uint32Array;
  readonly sourceIds?: Uint32Array;
}

/**
 * Trains a model on a corpus. The iterator yields events; the caller shows and saves what it likes.
 *
 * UserError where the run diverges (divergence.ts) and does not go back. The checkpoints that were taken before are good.
 */
export async function* train(corpus: Corpus, options: TrainOptions): AsyncGenerator<TrainEvent, void, void> {
  yield* trainOn((recipe) => textData(corpus, recipe), options);
}

/** The same, of a model of pairs. `heldOut` are parts that the pairs to learn from do not contain. */
export async function* trainPairs(
  corpus: PairCorpus,
  options: TrainOptions,
  heldOut: HeldOutPairs = {},
): AsyncGenerator<TrainEvent, void, void> {
  yield* trainOn((recipe) => pairData(corpus, recipe, heldOut), options);
}

async function* trainOn(
  makeData: (recipe: Recipe) => TrainingData,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void, void> {
  const run = await openRun(makeData, options.recipe, options.place);
  try {
    begin(run, options);
    yield* follow(run, options);
  } finally {
    await run.engine.close();
  }
}

/** Sets the run's parameters and progress: those of the checkpoint to resume, or those of a new run. */
function begin(run: Run, { resume, origin }: TrainOptions): void {
  if (resume) restoreSnapshot(run, resume);
  else drawParameters(run, origin);
  if (!run.fallback) keepFallback(run);
}

function drawParameters(run: Run, origin: Origin | undefined): void {
  const { recipe, plan, engine } = run;
  const { model, average } = plan;
  const { values, manifest } = model.parameters;
  const drawn = engine.kernels.floats.subarray(values, values + manifest.size);
  initialize(drawn, manifest, model.config, new Random(`${recipe.seed}/parameters`), recipe.initializer);
  if (origin) run.origin = hashOf(origin.parameters);
  if (origin && !origin.ids) drawn.set(origin.parameters);
  if (origin?.ids) {
    const { symbols, sourceSymbols = 0 } = model.config;
    const source = origin.sourceIds && { ids: origin.sourceIds, symbols: sourceSymbols };
    extendParameters(origin.parameters, origin.model, origin.ids, drawn as Float32Array, symbols, source);
  }
  average?.start(engine.kernels);
}

function hashOf({ buffer, byteOffset, byteLength }: Float32Array): string {
  const hash = createSha256();
  hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest();
}

/** The run from where it is to its end. */
async function* follow(
  run: Run,
  { signal, saveNow = () => false, showNow = () => false }: TrainOptions,
): AsyncGenerator<TrainEvent> {
  const { engine, interval, progress } = run;
  yield startEvent(run);
  let noticed = engine.notice; // the start event has it
  const turns = new Turns();
  let end = endOf(run, signal);
  // No step was asked for: the model is saved as it is before training.
  if (end === 'steps' && progress.step === 0) yield* offerLastState(run, true);
  while (!end) {
    try {
      yield await takeStep(run);
      if (engine.notice && engine.notice !== noticed) {
        noticed = engine.notice;
        yield { type: 'notice', text: noticed };
      }
      if (turns.isOver) await turns.next();
      end = endOf(run, signal);
      const isReportDue = progress.step % interval === 0;
      if (end === 'interrupted' && !isReportDue) yield* offerLastState(run, true);
      else if (end || isReportDue) {
        yield* report(run, end);
        if (!end && isOutOfPatience(run)) end = 'patience';
      } else if (saveNow()) yield* offerLastState(run, false);
      const { step } = progress;
      if (!end && showNow(step)) yield { type: 'model', step, snapshot: () => takeSnapshot(run, false) };
    } catch (error) {
      if (!(error instanceof Divergence)) throw error;
      yield rollBack(run, error);
      end = endOf(run, signal);
    }
  }
  if (hasLastPhase(run.recipe) && end !== 'interrupted') {
    yield* finish(run, signal);
    if (signal?.aborted && run.progress.finishSteps === 0) end = 'interrupted';
  }
  yield doneEvent(run, end);
}

/** Why the run is over, where it is. An interrupted run that is over anyway need not be resumed, so an interruption comes last. */
function endOf(run: Run, signal: AbortSignal | undefined): DoneEvent['reason'] | undefined {
  const { limitTracker, progress } = run;
  const limit = limitTracker.reached(progress.step, progress.epoch);
  if (limit) return limit;
  if (isOutOfPatience(run)) return 'patience';
  return signal?.aborted ? 'interrupted' : undefined;
}

function doneEvent({ progress: { step, epoch, history, finishSteps } }: Run, reason: DoneEvent['reason']): DoneEvent {
  const best = bestPoint(history);
  return {
    type: 'done',
    reason,
    step,
    epoch,
    loss: history.at(-1)?.loss,
    validation: best?.validation,
    accuracy: best?.accuracy,
    bestStep: best?.validation === undefined ? undefined : best.step,
    test: (finishSteps > 0 ? history.at(-1) : best)?.test,
    finishSteps,
  };
}
