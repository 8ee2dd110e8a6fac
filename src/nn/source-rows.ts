import type { Range } from '../kernel/team.ts';
import type { SourcePlaces } from './network.ts';

/** The symbols of a source: ids, of which there may be none. */
export type SourceIds = ArrayLike<number>;

/** The most symbols of the sources; 1 at least. */
export function longestSource(sources: readonly SourceIds[]): number {
  return sources.reduce((most, { length }) => Math.max(most, length), 1);
}

/**
 * Writes sources to the batch rows `rows`, one a row, for a pass of `steps` steps of the source.
 *
 * @param batch B: the rows of the whole batch
 */
export function writeSources(
  ints: Int32Array,
  places: SourcePlaces,
  batch: number,
  rows: Range,
  steps: number,
  sources: readonly SourceIds[],
): void {
  for (let row = rows.start; row < rows.end; row++) {
    const source = sources[row - rows.start]!;
    ints[places.lengths + row] = source.length;
    for (let step = 0; step < steps; step++) {
      const at = step * batch + row;
      ints[places.ids + at] = step < source.length ? source[step]! : 0;
      ints[places.mask + at] = step < source.length ? 1 : 0;
      ints[places.keep + at] = step === 0 ? 0 : 1;
      ints[places.keepBackwards + at] = step === source.length - 1 ? 0 : 1;
    }
  }
}
