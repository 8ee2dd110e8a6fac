import type { History } from './history.ts';

/** Thrown where a run has diverged: a number is no longer finite, or the loss is far above the best. */
export class Divergence extends Error {
  override readonly name = 'Divergence';
}

/** So many stretches in a row, and so many steps, must be far above the best. What a few steps break, the next steps often repair. */
const STREAK = { stretches: 3, steps: 30 };

/** A loss above HOPELESS · (ln V + 1) counts as diverged: ln V is the loss of guessing. */
const HOPELESS = 10;

/**
 * Whether the training loss of the last stretch is far above the loss of the best stretch: by more than 1 nat, and by more than half of
 * the way back to ln V, the loss of guessing. A network may begin with a loss of several times ln V. So, as long as no stretch was better
 * than ln V, only a hopeless loss is far above.
 *
 * The validation loss would not do: overfitting can raise it as far.
 *
 * @param history the stretches so far; the last one is judged
 * @param symbols V
 */
export function isFarAboveBest(history: History, symbols: number): boolean {
  const guessing = Math.log(symbols);
  const best = history.reduce((least, { loss }) => Math.min(least, loss), Number.POSITIVE_INFINITY);
  const { loss } = history.at(-1)!;
  if (best >= guessing) return loss > HOPELESS * (guessing + 1);
  return loss > best + Math.max(1, (guessing - best) / 2);
}

/**
 * Whether a run has diverged. Either the last three stretches, and the last thirty steps, are far above the best, and the loss has not
 * come down by half since; or the run is over, and its last stretch is hopeless.
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
