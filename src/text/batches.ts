import { LineBatches } from './line-batches.ts';
import type { Part } from './split.ts';
import { StreamBatches } from './stream-batches.ts';
import type { Batches, BatchOptions } from './windows.ts';

/**
 * The batches of a part, in either mode. `seed` decides the order of the lines of a list, and where the windows of a stream begin.
 * UserError if the part is too short.
 */
export function createBatches(part: Part, options: BatchOptions, seed: string | number = 0): Batches {
  return part.mode === 'stream' ? new StreamBatches(part, options, seed) : new LineBatches(part, options, seed);
}

/**
 * The largest sensible number of rows for a part, at least 1. A window of `steps` steps in all rows must not hold more than an epoch,
 * and in lines mode there must not be more rows than lines. With more rows than that, one update would learn the same text twice, or
 * the rows of a stream would be too short to carry a state from one window to the next.
 */
export function maximumRows(part: Part, steps: number): number {
  const most = Math.max(1, Math.floor(part.targets / steps));
  return part.mode === 'lines' ? Math.max(1, Math.min(most, part.lines.length)) : most;
}
