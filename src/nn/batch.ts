import type { Range } from '../kernel/team.ts';
import type { DropoutKey } from './dropout-key.ts';

/** The most that a model is asked to run at once: T steps of B batch rows. */
export interface BatchShape {
  readonly steps: number;
  readonly rows: number;
  /** Whether gradients will be asked for. */
  readonly training: boolean;
}

/** One thread's part of a run over a window: `steps` steps of the batch rows `rows`. */
export interface Pass {
  readonly rows: Range;
  readonly steps: number;
  /** Decides which numbers are dropped; nothing is dropped without one. */
  readonly key: DropoutKey;
}
