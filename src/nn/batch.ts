import type { Range } from '../kernel/team.ts';
import type { DropoutKey } from './dropout-key.ts';

/** What memory is planned for: at most T steps of B batch rows at once. */
export interface BatchShape {
  readonly steps: number;
  readonly rows: number;
  /** Whether gradients will be needed. */
  readonly training: boolean;
}

/** One thread's part of a run over a window: `steps` steps of the batch rows `rows`. */
export interface Pass {
  readonly rows: Range;
  readonly steps: number;
  /** Decides which numbers are dropped. Without a key, none are. */
  readonly key: DropoutKey;
}
