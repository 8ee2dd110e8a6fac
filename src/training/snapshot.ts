import { UserError } from '../errors.ts';
import type { Checkpoint, Json } from '../nn/checkpoint.ts';
import { type FallbackParts, fallbackParts, readFallback } from './fallback.ts';
import { type ResumeRecord, readResume, readRun, toJson } from './record.ts';
import type { Run } from './run.ts';
import { loadTensors, viewResumeTensors, viewSavedParameters } from './tensors.ts';

/**
 * A checkpoint of the run as it is now. Where it is `resumable`, it holds all that a run needs to go on as if it had never stopped.
 *
 * The tensors are views, which are valid until the run goes on. Copies would take a fifth more memory than the run itself.
 */
export function takeSnapshot(run: Run, resumable: boolean): Checkpoint {
  const { recipe, data, plan, engine, progress } = run;
  const record = {
    recipe,
    corpus: data.corpus,
    origin: run.origin,
    step: progress.step,
    epoch: progress.epoch,
    finishSteps: progress.finishSteps,
  };
  return {
    model: plan.model.config,
    vocabulary: run.vocabulary,
    // The points are never changed. A copy of each would make a report cost more, the longer the history is.
    run: { ...(toJson(record) as object), history: [...progress.history] } as unknown as Json,
    parameters: viewSavedParameters(plan, engine.kernels),
    resume: resumable ? resumeParts(run) : undefined,
  };
}

function resumeParts({ data, limitTracker, plan, engine, progress, fallback, best }: Run): Checkpoint['resume'] {
  const kept: Partial<FallbackParts> = fallback ? fallbackParts(fallback, progress.history) : {};
  const record: ResumeRecord = {
    ...progress.record,
    seconds: limitTracker.seconds,
    batches: data.state(),
    rollback: kept.record,
  };
  const tensors = viewResumeTensors(plan, engine.kernels);
  const ofBest: [string, Float32Array][] = best ? [[BEST_KEY, best]] : [];
  return { data: toJson(record), tensors: new Map([...tensors, ...ofBest, ...(kept.tensors ?? [])]) };
}

/**
 * Takes up everything that a resumable checkpoint holds. UserError where it is damaged, does not fit the run, or holds nothing to
 * resume.
 */
export function restoreSnapshot(run: Run, checkpoint: Checkpoint): void {
  const { plan, engine, data, limitTracker, progress } = run;
  const record = readRun(checkpoint, 'the checkpoint');
  const resume = readResume(checkpoint);
  const place = resume.batches;
  if (place.mode === 'lines' && place.inputs.some((id) => id >= plan.model.config.symbols)) {
    throw new UserError("the checkpoint can't be resumed: its place in the text has symbols outside the vocabulary");
  }
  loadTensors(plan, engine.kernels, checkpoint);
  run.best = readBest(run, checkpoint);
  data.restore(place);
  if (resume.seconds !== undefined) limitTracker.resume(resume.seconds);
  run.origin = record.origin;
  progress.restore(record, resume);
  run.fallback = readFallback(checkpoint, record, resume);
}

/** The name of the best model's parameters among the tensors for resuming. */
const BEST_KEY = 'best';

/** The parameters of the best model, where the run needs them. UserError where they are of another size. */
function readBest({ plan }: Run, { resume }: Checkpoint): Float32Array | undefined {
  const { size } = plan.model.parameters.manifest;
  const best = resume?.tensors.get(BEST_KEY);
  if (best && best.length !== size) {
    throw new UserError(`the checkpoint can't be resumed: its best model has ${best.length} numbers, not ${size}`);
  }
  return best;
}
