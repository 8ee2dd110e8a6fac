import { UserError } from '../errors.ts';
import type { RandomState } from '../random.ts';

/** B rows side by side; windows of k2 steps, each k1 steps after the last: truncated BPTT(k1, k2), 1 ≤ k1 ≤ k2. */
export interface BatchOptions {
  /** B. */
  readonly rows: number;
  /** k2: steps of a window. */
  readonly window: number;
  /** k1: steps from the start of a window to that of the next. k2 if not given. */
  readonly stride?: number;
}

/** What a window holds besides its arrays. */
export interface Window {
  /** T: steps filled, at most k2. The arrays hold T·B numbers; what is beyond them is left as it was. */
  readonly steps: number;
  /**
   * Steps from this window's start to the next one's: the state after so many steps is the next window's first.
   * k1, or fewer where a stream's epoch ends; there all rows start anew, whatever the state.
   */
  readonly advance: number;
  /** Targets that are not −1. */
  readonly counted: number;
  /** Epochs done at the end of this window, with fraction: targets counted so far / targets of an epoch. */
  readonly epoch: number;
}

/**
 * Windows of training text without end. The arrays are the caller's, of k2·B numbers at least, laid out [t][row]: the
 * number of step t in row b is at t·B + b.
 *
 * - inputs: the symbol read at a step.
 * - targets: the symbol to be predicted there; −1 where it isn't counted, as it was before, in an earlier window.
 * - keep: 0 where the state is set to zero before the input is read, else 1.
 */
export interface Batches {
  readonly rows: number;
  readonly window: number;
  readonly stride: number;
  /** Targets of an epoch. */
  readonly targets: number;
  next(inputs: Int32Array, targets: Int32Array, keep: Int32Array): Window;
  /** All that decides the windows to come, as JSON. */
  state(): BatchState;
  /** Goes on as the batches of the same part and options did from where `state` was taken. UserError for any other state. */
  restore(state: BatchState): void;
}

export interface StreamBatchState {
  readonly mode: 'stream';
  /** Step of the next window's start within the epoch. */
  readonly step: number;
  readonly epoch: number;
}

export interface LineBatchState {
  readonly mode: 'lines';
  /** The generator before it shuffled the present epoch's order. */
  readonly random: RandomState;
  /** Lines of that order handed out. */
  readonly taken: number;
  /** Targets counted since the start. */
  readonly counted: number;
  /** Per row, where in the ids its next target is, and where its line ends. */
  readonly positions: readonly number[];
  readonly ends: readonly number[];
  /** The steps to be fed again, [t][row]. */
  readonly inputs: readonly number[];
  readonly keep: readonly number[];
}

export type BatchState = StreamBatchState | LineBatchState;

/** Fills in and checks options. UserError where they are out of range. */
export function resolveBatchOptions(options: BatchOptions): Required<BatchOptions> {
  const { rows, window, stride = window } = options;
  for (const [name, value] of Object.entries({ rows, window, stride })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new UserError(`the batch's ${name} must be a whole number from 1, not ${value}`);
  }
  if (stride > window) {
    throw new UserError(
      `the stride k1 (${stride}) must not be more than the window k2 (${window}): steps would be left out`,
    );
  }
  return { rows, window, stride };
}
