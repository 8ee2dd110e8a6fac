import { message, option, UserError } from '../errors.ts';
import { power } from '../kernel/power.ts';
import type { Divergence } from './divergence.ts';
import type { NoticeEvent } from './events.ts';
import { copyFallback, historyUntil } from './fallback.ts';
import { readRun } from './record.ts';
import type { Run } from './run.ts';
import { restoreSnapshot, takeSnapshot } from './snapshot.ts';

/** The learning rate is multiplied by this at each rollback. */
export const ROLLBACK_FACTOR = 0.5;

/** The most rollbacks of a run. */
const MOST_ROLLBACKS = 10;

/** Keeps the run's present state as the one to go back to, where the recipe says that the run goes back. */
export function keepFallback(run: Run): void {
  if (run.recipe.onDivergence !== 'rollback') return;
  run.fallback = copyFallback(takeSnapshot({ ...run, fallback: undefined }, true));
}

/**
 * Goes back to the state of the best model so far, or to the start where there is none, and goes on from there with a lower rate.
 * UserError, which says what to do, where the recipe does not allow it, or where the run has gone back too often. Its cause is the divergence.
 */
export function rollBack(run: Run, divergence: Divergence): NoticeEvent {
  const { recipe, progress, fallback } = run;
  const { step, rollbacks, history } = progress;
  const what = `training diverged: ${divergence.message} at step ${step}`;
  if (recipe.onDivergence === 'stop' || !fallback) {
    throw new UserError(
      message`${what}; use a smaller ${option('rate')} (it was ${recipe.rate}) or a smaller ${option('clipNorm')}, or ${option('onDivergence')} rollback`,
      { cause: divergence },
    );
  }
  if (rollbacks >= MOST_ROLLBACKS) {
    throw new UserError(
      message`${what}, after ${rollbacks} rollbacks; use a smaller ${option('rate')} (it was ${recipe.rate} at first)`,
      { cause: divergence },
    );
  }
  const { step: before } = readRun(fallback, 'the state to go back to');
  restoreSnapshot(run, fallback);
  progress.history = historyUntil(history, before);
  run.fallback = fallback;
  progress.rollbacks = rollbacks + 1;
  const rate = Number((recipe.rate * power(ROLLBACK_FACTOR, progress.rollbacks)).toPrecision(3));
  const why = progress.step === 0 && history.length > 0 ? ' (no later state was sound)' : '';
  const text = `${what}; back to step ${progress.step}${why}, with a rate of ${rate}`;
  return { type: 'notice', text };
}
