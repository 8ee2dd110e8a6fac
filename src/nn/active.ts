import { type Range, share, type Team } from '../kernel/team.ts';
import type { Extent } from './batch.ts';

/**
 * Sequences of a batch end at different steps, and nothing depends on a position behind the end. So only some rows are run at each step: from the
 * first to the last row that has a position at this step or at a later one. Rows in between may have ended. They are masked, as all are where the
 * grid is run as a whole. No number depends on which rows are run.
 *
 * @param has whether there is a position, of [T][B]
 * @param batch B
 * @returns [T] the rows of each step, none of which has a row that the step before does not have
 */
export function activeRows(has: (position: number) => boolean, steps: number, batch: number): Range[] {
  const active = Array<Range>(steps);
  let [start, end] = [batch, 0];
  for (let step = steps - 1; step >= 0; step--) {
    for (let row = 0; row < batch; row++) {
      if (!has(step * batch + row)) continue;
      start = Math.min(start, row);
      end = Math.max(end, row + 1);
    }
    active[step] = { start: Math.min(start, end), end };
  }
  return active;
}

/** The steps at which a row is run: the first ones of its window. */
export function stepsOfRow({ steps, active }: Extent, row: number): number {
  if (!active) return steps;
  const ended = active.findIndex(({ start, end }) => row < start || row >= end);
  return ended < 0 ? steps : ended;
}

/** The positions that are run, of [T·B], as ranges: neighbours are one range. */
export function positionsRun({ steps, active }: Extent, batch: number): Range[] {
  if (!active) return [{ start: 0, end: steps * batch }];
  const runs: Range[] = [];
  for (let step = 0; step < steps; step++) {
    const { start, end } = active[step]!;
    const last = runs.at(-1);
    const first = step * batch + start;
    if (start === end) continue;
    if (last?.end === first) runs[runs.length - 1] = { start: last.start, end: step * batch + end };
    else runs.push({ start: first, end: step * batch + end });
  }
  return runs;
}

/** This thread's part of the batch rows: contiguous, and about as many positions for each thread. */
export function shareRows(team: Team, batch: number, { active, activeSource }: Extent): Range {
  if (!active) return share(team, batch);
  const work = new Float64Array(batch);
  for (const { start, end } of [...active, ...(activeSource ?? [])]) {
    for (let row = start; row < end; row++) work[row]!++;
  }
  const all = work.reduce((sum, own) => sum + own, 0);
  const first = (rank: number): number => {
    let row = 0;
    for (let before = 0; row < batch && before + work[row]! / 2 < (all * rank) / team.size; row++) before += work[row]!;
    return row;
  };
  return { start: first(team.rank), end: team.rank + 1 < team.size ? first(team.rank + 1) : batch };
}
