import { LineBatches } from './line-batches.ts';
import type { Part } from './split.ts';
import { StreamBatches } from './stream-batches.ts';
import type { Batches, BatchOptions } from './windows.ts';

/** Batches of a part of either mode. `seed` decides the order of lines, and where windows of a stream begin. UserError where the part is too short. */
export function createBatches(part: Part, options: BatchOptions, seed: string | number = 0): Batches {
  return part.mode === 'stream' ? new StreamBatches(part, options, seed) : new LineBatches(part, options, seed);
}

/**
 * The most rows that make sense for a part: so many that a window of `steps` steps in all of them is no more than an
 * epoch, and for lines, no more than there are lines; at least 1. More rows would learn the same text twice in one update,
 * or leave rows of a stream too short to carry a state over.
 */
export function maximumRows(part: Part, steps: number): number {
  const most = Math.max(1, Math.floor(part.targets / steps));
  return part.mode === 'lines' ? Math.max(1, Math.min(most, part.lines.length)) : most;
}
