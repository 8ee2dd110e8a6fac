/**
 * The direction in which a recurrence walks through time, and where its states lie.
 *
 * A state has T + 1 blocks. Forwards, step t reads block t and writes block t + 1. Backwards, step t reads block t + 1 and writes block t.
 * So what a recurrence puts out at the steps 0, 1, … lies in neighbouring blocks either way, and `firstOutput` is the first of them.
 */
export interface Direction {
  /** The time of the recurrence's step number `index`, of `steps`. */
  time(index: number, steps: number): number;
  /** The block that holds the state before the step at `time`. */
  blockBefore(time: number): number;
  /** The block that holds the state after the step at `time`. */
  blockAfter(time: number): number;
  initialBlock(steps: number): number;
  finalBlock(steps: number): number;
  /** The block that holds the output of time 0. */
  readonly firstOutput: number;
}

/** From x_0 to x_{T−1}. */
export const FORWARDS: Direction = {
  time: (index) => index,
  blockBefore: (time) => time,
  blockAfter: (time) => time + 1,
  initialBlock: () => 0,
  finalBlock: (steps) => steps,
  firstOutput: 1,
};

/** From x_{T−1} to x_0. */
export const BACKWARDS: Direction = {
  time: (index, steps) => steps - 1 - index,
  blockBefore: (time) => time + 1,
  blockAfter: (time) => time,
  initialBlock: (steps) => steps,
  finalBlock: () => 0,
  firstOutput: 0,
};
