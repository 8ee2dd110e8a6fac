import type { Batches, BatchState, Window } from '../../src/text/windows.ts';

/** A window with copies of its arrays, cut to what was filled. */
export interface Filled extends Window {
  readonly inputs: number[];
  readonly targets: number[];
  readonly keep: number[];
}

/** The next window. The arrays begin with values that no window may leave in place. */
export function take(batches: Batches): Filled {
  const size = batches.rows * batches.window;
  const [inputs, targets, keep] = [0, 1, 2].map(() => new Int32Array(size).fill(-99)) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const window = batches.next(inputs, targets, keep);
  const filled = window.steps * batches.rows;
  const cut = (array: Int32Array) => [...array.subarray(0, filled)];
  return { ...window, inputs: cut(inputs), targets: cut(targets), keep: cut(keep) };
}

export function takeMany(batches: Batches, count: number): Filled[] {
  return Array.from({ length: count }, () => take(batches));
}

/** What a file does to a state. */
export function throughJson(state: BatchState): BatchState {
  return JSON.parse(JSON.stringify(state)) as BatchState;
}

/** One step of one row, in the order in which it is first fed. */
export interface Step {
  readonly input: number;
  readonly target: number;
  readonly keep: number;
}

/**
 * The steps of each row over windows, each once, and checks on the way that what is fed again is what was fed before,
 * uncounted, and that everything else is counted at most once.
 */
export function rowSteps(windows: readonly Filled[], rows: number): Step[][] {
  const steps: Step[][] = Array.from({ length: rows }, () => []);
  let start = 0;
  for (const window of windows) {
    let counted = 0;
    for (let row = 0; row < rows; row++) {
      for (let t = 0; t < window.steps; t++) {
        const at = t * rows + row;
        const step = { input: window.inputs[at]!, target: window.targets[at]!, keep: window.keep[at]! };
        if (step.target !== -1) counted++;
        const before = steps[row]![start + t];
        if (!before) steps[row]!.push(step);
        else if (step.target !== -1 || before.input !== step.input || before.keep !== step.keep) {
          throw new Error(`step ${start + t} of row ${row} is fed again otherwise`);
        }
      }
    }
    if (counted !== window.counted) throw new Error(`counted ${window.counted}, but ${counted} targets are set`);
    start += window.advance;
  }
  return steps;
}
