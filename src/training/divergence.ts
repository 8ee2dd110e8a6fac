import { UserError } from '../errors.ts';
import type { Checkpoint, Resume } from '../nn/checkpoint.ts';
import type { History } from './history.ts';
import type { Recipe } from './recipe.ts';
import type { RunRecord, TrainerProgress } from './run.ts';
import type { RunState } from './state.ts';

/** What the learning rate is multiplied by at each rollback, and the most of them in a run. */
export const ROLLBACK_FACTOR = 0.5;
const MOST_ROLLBACKS = 10;

/** A run has diverged: something is no longer finite, or the loss is far above the best. */
export class Divergence extends Error {
  override readonly name = 'Divergence';
}

/** Stretches in a row, and their steps, that must be far above the best: what a few steps have broken, the next ones often mend. */
const STREAK = { stretches: 3, steps: 30 };

/** How many times the loss of who knows nothing, and a nat, is hopeless. */
const HOPELESS = 10;

/**
 * Whether the training loss of the last stretch is far above the best stretch's: by more than a nat, and by more than half of the
 * way back to ln V, the loss of who knows nothing. As long as no stretch was better than that, only what is hopeless is far above:
 * networks may begin with a loss of some times ln V. (Validation loss is no measure of it: overfitting takes it as far.)
 *
 * @param history the stretches so far, the one to be judged last
 * @param symbols V
 */
export function isFarAboveBest(history: History, symbols: number): boolean {
  const knowingNothing = Math.log(symbols);
  const best = history.reduce((least, { loss }) => Math.min(least, loss), Number.POSITIVE_INFINITY);
  const { loss } = history.at(-1)!;
  if (best >= knowingNothing) return loss > HOPELESS * (knowingNothing + 1);
  return loss > best + Math.max(1, (knowingNothing - best) / 2);
}

/**
 * Whether a run has diverged: three stretches and thirty steps in a row are far above the best and haven't come down by half, or
 * the last stretch of all is hopeless.
 */
export function hasDiverged(history: History, symbols: number, final: boolean): boolean {
  const { step, loss } = history.at(-1)!;
  if (final && loss > HOPELESS * (Math.log(symbols) + 1)) return true;
  const first = Math.min(
    history.findIndex((point) => point.step > step - STREAK.steps),
    history.length - STREAK.stretches,
  );
  if (first < 0 || step < STREAK.steps || loss < history[first]!.loss / 2) return false;
  return history.slice(first).every((_, index) => isFarAboveBest(history.slice(0, first + index + 1), symbols));
}

/** A state to go back to: that of the best model so far, at first that before the first step. */
export interface Target {
  readonly checkpoint: Checkpoint;
  readonly run: RunRecord;
}

/** Keeps a resumable snapshot, whose tensors may be views, beyond its moment. */
export function keepTarget(snapshot: Checkpoint): Target {
  const { parameters, ...rest } = snapshot;
  const resume = snapshot.resume!;
  const tensors = new Map([...resume.tensors].filter(([key]) => !key.startsWith(PREFIX)).map(copied));
  // What is gone back to has no time of its own, and no target.
  const { rollback: _, seconds: __, ...data } = resume.data as unknown as TrainerProgress;
  const checkpoint = { ...rest, parameters: parameters.slice(), resume: { data: data as Resume['data'], tensors } };
  return { checkpoint, run: snapshot.run as unknown as RunRecord };
}

/** Whether a run may go back once more; else a UserError that says what to do. */
export function requireRollback(
  divergence: Divergence,
  on: Recipe['onDivergence'],
  state: RunState,
  rate: number,
): void {
  const what = `training diverged: ${divergence.message} at step ${state.step}`;
  if (on === 'stop') {
    throw new UserError(
      `${what}; use a smaller --lr (it was ${rate}) or a smaller --clip-norm, or --on-divergence rollback`,
    );
  }
  if (state.rollbacks < MOST_ROLLBACKS) return;
  throw new UserError(`${what}, after ${state.rollbacks} rollbacks; use a smaller --lr (it was ${rate} at first)`);
}

/** What a checkpoint keeps of a target, under names of its own; the history it had is the beginning of the run's. */
export function targetParts({ checkpoint, run }: Target): {
  data: NonNullable<TrainerProgress['rollback']>;
  tensors: [string, Float32Array][];
} {
  const { resume, parameters } = checkpoint;
  const { rollback: _, ...progress } = resume!.data as unknown as TrainerProgress;
  return {
    data: { step: run.step, epoch: run.epoch, points: run.history.length, progress },
    tensors: [[`${PREFIX}model`, parameters], ...[...resume!.tensors].map(prefixed)],
  };
}

/** The target that a checkpoint keeps. UserError where it isn't whole. */
export function readTarget(checkpoint: Checkpoint, run: RunRecord, { rollback }: TrainerProgress): Target | undefined {
  if (!rollback) return undefined;
  const entries = [...(checkpoint.resume?.tensors ?? [])].filter(([key]) => key.startsWith(PREFIX));
  const tensors = new Map(entries.map(([key, values]) => [key.slice(PREFIX.length), values]));
  const parameters = tensors.get('model');
  if (parameters?.length !== checkpoint.parameters.length || rollback.points > run.history.length)
    throw new UserError("the checkpoint can't be resumed: the state to go back to isn't whole");
  tensors.delete('model');
  const { step, epoch, points, progress } = rollback;
  return {
    checkpoint: { ...checkpoint, parameters, resume: { data: progress as unknown as Resume['data'], tensors } },
    run: { ...run, step, epoch, history: run.history.slice(0, points) },
  };
}

/** Of the tensors of a target. */
const PREFIX = 'rollback.';

const prefixed = ([key, values]: [string, Float32Array]): [string, Float32Array] => [`${PREFIX}${key}`, values];
const copied = ([key, values]: [string, Float32Array]): [string, Float32Array] => [key, values.slice()];
