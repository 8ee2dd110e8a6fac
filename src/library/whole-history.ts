import type { Checkpoint, Json } from '../nn/checkpoint.ts';
import { bestPoint } from '../training/history.ts';
import { readRun } from '../training/record.ts';

/** Whether a model is the best one that a run had found when it came to `state`. */
export function isBestOf(model: Checkpoint, state: Checkpoint): boolean {
  const [own, { history }] = [readRun(model, 'the best model'), readRun(state, 'the newest state')];
  const [mine, theirs] = [own.history, history].map(bestPoint);
  return mine !== undefined && JSON.stringify(mine) === JSON.stringify(theirs) && mine.step === own.step;
}

/**
 * The best model of a run with the whole history of the run, which `state`, its newest state, has. A best model by itself has the history
 * up to its own step. Without the rest, its validation loss would only ever fall, and nobody would see that the run overfits.
 *
 * Undefined where the model has this history already, or is not the best model of this history.
 */
export function withWholeHistory(best: Checkpoint, state: Checkpoint): Checkpoint | undefined {
  const own = readRun(best, 'the best model').history;
  const whole = readRun(state, 'the newest state').history;
  // A history that was thinned in between may have as many points as before.
  const hasWhole = own.length === whole.length && own.at(-1)?.step === whole.at(-1)?.step;
  if (hasWhole || !isBestOf(best, state)) return undefined;
  return { ...best, run: { ...(best.run as { [key: string]: Json }), history: whole as Json } };
}
