import { UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { History } from './history.ts';
import { type ResumeRecord, type RunRecord, readResume, readRun, toJson } from './record.ts';

// A run that goes back if it diverges keeps a second checkpoint: its fallback. The run's own checkpoint holds the fallback, too, so that a
// resumed run goes back to the same state.

/**
 * What a checkpoint holds of a fallback. The fallback's history is the beginning of the run's, so its length is enough. The run may have
 * dropped points since (`thinned`): then the fallback has lost them, too.
 */
export interface FallbackParts {
  readonly record: NonNullable<ResumeRecord['rollback']>;
  readonly tensors: readonly (readonly [string, Float32Array])[];
}

/** Stands before the names of a fallback's tensors. */
const PREFIX = 'rollback.';
/** The name of the fallback's model. */
const MODEL = 'model';

/** A copy of a resumable checkpoint whose tensors may be views. Without its time, because going back does not give time back. */
export function copyFallback(checkpoint: Checkpoint): Checkpoint {
  const { seconds: _, ...record } = readResume(checkpoint);
  const tensors = new Map([...checkpoint.resume!.tensors].map(([key, values]) => [key, values.slice()]));
  return { ...checkpoint, parameters: checkpoint.parameters.slice(), resume: { data: toJson(record), tensors } };
}

/** The points that a run had when it was at a step. */
export function historyUntil(history: History, step: number): History {
  return history.filter((point) => point.step <= step);
}

/** The parts by which a checkpoint of a run with this history holds its fallback. */
export function fallbackParts(fallback: Checkpoint, history: History): FallbackParts {
  const { step, epoch } = readRun(fallback, 'the state to go back to');
  const { rollback: _, ...progress } = readResume(fallback);
  const tensors: [string, Float32Array][] = [[MODEL, fallback.parameters], ...fallback.resume!.tensors];
  return {
    record: { step, epoch, points: historyUntil(history, step).length, progress },
    tensors: tensors.map(([key, values]) => [PREFIX + key, values]),
  };
}

/** The fallback that a checkpoint holds, if it does. UserError where a part of it is missing. */
export function readFallback(
  checkpoint: Checkpoint,
  run: RunRecord,
  { rollback }: ResumeRecord,
): Checkpoint | undefined {
  if (!rollback) return undefined;
  const { step, epoch, points, progress } = rollback;
  const entries = [...checkpoint.resume!.tensors].filter(([key]) => key.startsWith(PREFIX));
  const tensors = new Map(entries.map(([key, values]) => [key.slice(PREFIX.length), values]));
  const parameters = tensors.get(MODEL);
  if (parameters?.length !== checkpoint.parameters.length || points > run.history.length)
    throw new UserError("the checkpoint can't be resumed: the state to go back to is not complete");
  tensors.delete(MODEL);
  return {
    ...checkpoint,
    run: toJson({ ...run, step, epoch, history: run.history.slice(0, points) }),
    parameters,
    resume: { data: toJson(progress), tensors },
  };
}
