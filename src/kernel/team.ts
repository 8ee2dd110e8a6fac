/**
 * The threads that run one program over one memory. Each runs the same code (SPMD) on its own share of rows or of output
 * elements, and meets the others at barriers; which numbers a thread computes never changes how any of them is summed.
 */
export interface Team {
  /** This thread's place: 0, …, size − 1. Rank 0 is the main thread. */
  readonly rank: number;
  readonly size: number;
  /** Returns when every thread of the team has called it; what any wrote before is then seen by all. */
  barrier(): void;
}

/** A team that answers calls. */
export interface CallTeam extends Team {
  /**
   * Marks the point after which the call can't be repeated, because what it reads is about to change. Each thread calls it before its own
   * first change, so the mark is there even where a thread dies during its first change.
   */
  commit(): void;
}

/** A half-open range [start, end). */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Columns are shared out in whole panels of the matrix product. */
export const GRAIN = 16;

/** A team of one. */
export const SOLO: CallTeam = { rank: 0, size: 1, barrier() {}, commit() {} };

/** What two ranges have in common: empty, at the later start, where they don't meet. */
export function intersection(one: Range, other: Range): Range {
  const start = Math.max(one.start, other.start);
  return { start, end: Math.max(start, Math.min(one.end, other.end)) };
}

/** The part of `range` inside [start, end), counted from `start`. */
export function overlap(range: Range, start: number, end: number): Range {
  const common = intersection(range, { start, end });
  return { start: common.start - start, end: common.end - start };
}

/** This thread's part of 0, …, count − 1, in whole `grain`s (the last may be short): contiguous, and even to one grain. */
export function share(team: Team, count: number, grain = 1): Range {
  const grains = Math.ceil(count / grain);
  const start = Math.floor((grains * team.rank) / team.size) * grain;
  const end = Math.floor((grains * (team.rank + 1)) / team.size) * grain;
  return { start: Math.min(start, count), end: Math.min(end, count) };
}
