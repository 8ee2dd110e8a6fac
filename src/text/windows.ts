import { UserError } from '../errors.ts';
import type { RandomState } from '../random.ts';

/**
 * The size of the batches: B rows side by side, and windows of k2 steps, each of which starts k1 steps after the one before. This is
 * truncated BPTT(k1, k2) with 1 ≤ k1 ≤ k2.
 */
export interface BatchOptions {
  /** B: the number of rows. */
  readonly rows: number;
  /** k2: the steps of a window. */
  readonly window: number;
  /** k1: the steps from the start of a window to the start of the next one. Default: k2. */
  readonly stride?: number;
}

/** What a window has besides its arrays. */
export interface Window {
  /** T: the steps that are filled, at most k2. The first T·B numbers of the arrays are written, the others are not changed. */
  readonly steps: number;
  /**
   * The steps from the start of this window to the start of the next one. The state after this number of steps is the first state of
   * the next window. It is k1, or fewer at the end of a stream's epoch; there all rows begin again from a state of zero.
   */
  readonly advance: number;
  /** The number of targets that are not −1. */
  readonly counted: number;
  /** Epochs at the end of this window, with a fraction: targets counted so far / targets of an epoch. */
  readonly epoch: number;
}

/**
 * An endless sequence of windows of training text. The caller gives the arrays. They have at least k2·B numbers, in the layout [t][row]:
 * the number of step t in row b is at t·B + b.
 *
 * - inputs: the symbol that is read at the step.
 * - targets: the symbol that is to be predicted at the step. It is −1 where it is not counted, because an earlier window counted it.
 * - keep: 0 where the state is set to zero before the input is read, else 1.
 */
export interface Batches {
  readonly rows: number;
  readonly window: number;
  readonly stride: number;
  /** The number of targets in an epoch. */
  readonly targets: number;
  next(inputs: Int32Array, targets: Int32Array, keep: Int32Array): Window;
  /** Everything that decides the next windows, as JSON. */
  state(): BatchState;
  /**
   * Continues with the windows that followed when `state` was taken. UserError if `state` is from another part, or from batches with
   * other options.
   */
  restore(state: BatchState): void;
}

export interface StreamBatchState {
  readonly mode: 'stream';
  /** The step within the epoch at which the next window starts. */
  readonly step: number;
  readonly epoch: number;
}

export interface LineBatchState {
  readonly mode: 'lines';
  /** The state of the generator before it shuffled the lines for the present epoch. */
  readonly random: RandomState;
  /** How many lines of the present order have been given to rows. */
  readonly taken: number;
  /** The number of targets counted since the start of training. */
  readonly counted: number;
  /** For each row, where in the ids its next target is; below, where its line ends. */
  readonly positions: readonly number[];
  readonly ends: readonly number[];
  /** The steps that the next window repeats, [t][row]. */
  readonly inputs: readonly number[];
  readonly keep: readonly number[];
}

export type BatchState = StreamBatchState | LineBatchState;

/** Fills in the default stride and checks the options. UserError if one is out of range. */
export function resolveBatchOptions(options: BatchOptions): Required<BatchOptions> {
  const { rows, window, stride = window } = options;
  for (const [name, value] of Object.entries({ rows, window, stride })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new UserError(`the batch's ${name} must be a whole number from 1, not ${value}`);
  }
  if (stride > window) {
    throw new UserError(
      `the stride k1 (${stride}) must not be more than the window k2 (${window}), because steps would be left out`,
    );
  }
  return { rows, window, stride };
}
