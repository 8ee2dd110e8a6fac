import { intersection, type Range } from '../kernel/team.ts';
import type { DropoutKey } from './dropout-key.ts';

/** What memory is planned for: at most T steps of B batch rows at once. */
export interface BatchShape {
  readonly steps: number;
  readonly rows: number;
  /** Whether gradients will be needed. */
  readonly training: boolean;
  /** S: the most steps of a source, of a model that reads one. */
  readonly sourceSteps?: number | undefined;
  /**
   * Whether a row's state is reset before the first step of a window only, as in a stream. Less memory is planned then. False if not given: a
   * row may be reset before any step, as where one line follows another.
   */
  readonly resetsAtStart?: boolean;
}

/** How much of a batch is run: the steps of the window and, of a model that reads a source, those of the source. */
export interface Extent {
  readonly steps: number;
  readonly sourceSteps?: number | undefined;
  /** [steps] the batch rows that are run at each step (`activeRows`). All are if it is left out. */
  readonly active?: readonly Range[] | undefined;
  /** [sourceSteps] the same for the steps of the source. */
  readonly activeSource?: readonly Range[] | undefined;
}

/** One thread's part of a run over a window: its batch rows. */
export interface Pass extends Extent {
  readonly rows: Range;
  /** Decides which numbers are dropped. Without a key, none are. */
  readonly key: DropoutKey;
  /**
   * The batch row that holds the source of each row of a decoder, where several rows may decode one source, as in a beam. If not given, each
   * row decodes its own source; `backward` needs this.
   */
  readonly sourceRows?: ArrayLike<number> | undefined;
}

/** The batch row that holds the source of a row of a decoder. */
export function sourceRowOf({ sourceRows }: Pick<Pass, 'sourceRows'>, row: number): number {
  return sourceRows ? sourceRows[row]! : row;
}

/** The batch rows of a pass that are run at a step. */
export function rowsAt({ rows, active }: Pick<Pass, 'rows' | 'active'>, step: number): Range {
  return active ? intersection(rows, active[step]!) : rows;
}
