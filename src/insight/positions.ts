import { UserError } from '../errors.ts';
import type { Ids } from '../text/ids.ts';
import type { Part } from '../text/split.ts';

/** One position of a text, whose loss is measured. */
export interface Position {
  /** The index of the target in the text's ids. The input is the id before the target. */
  readonly target: number;
  /** The index of the first input that the state has read: the first symbol of the text, or the `<stop>` before the line. */
  readonly first: number;
}

/**
 * `count` positions spread evenly over a text, or all positions if it has fewer. In a stream, each position has at least `history` inputs
 * before it, unless the stream is too short for that. UserError if there is nothing to predict.
 */
export function spreadPositions(part: Part, count: number, history: number): Position[] {
  if (part.targets === 0) throw new UserError('the text has nothing to predict; give a text of at least two symbols');
  const skipped = part.mode === 'stream' ? Math.min(history, Math.max(0, part.targets - count)) : 0;
  const total = part.targets - skipped;
  const taken = Math.min(count, total);
  const order = Array.from({ length: taken }, (_, index) => skipped + Math.floor(((index + 0.5) * total) / taken));
  return part.mode === 'stream' ? order.map((index) => ({ target: index + 1, first: 0 })) : linePositions(part, order);
}

/** Finds positions in lines. `order` has their numbers among the targets of all lines, counted from 0, in ascending order. */
function linePositions({ lines, lineStarts }: Part & { mode: 'lines' }, order: readonly number[]): Position[] {
  const positions: Position[] = [];
  let before = 0;
  let next = 0;
  for (const line of lines) {
    const [start, end] = [lineStarts[line]!, lineStarts[line + 1]!];
    while (next < order.length && order[next]! < before + end - start) {
      positions.push({ target: start + order[next++]! - before, first: start - 1 });
    }
    before += end - start;
  }
  return positions;
}

/** The greatest lag that any position of a text has: the number of inputs before the last of them. At least 1, so that a table has a second row. */
export function greatestLag(part: Part): number {
  if (part.mode === 'stream') return Math.max(1, part.targets - 1);
  const longest = part.lines.reduce(
    (most, line) => Math.max(most, part.lineStarts[line + 1]! - part.lineStarts[line]!),
    0,
  );
  return Math.max(1, longest - 1);
}

/** How many lags a position has: its own input is lag 0. */
export function reach({ target, first }: Position): number {
  return target - 1 - first;
}

/**
 * Fills in the inputs of a batch of positions, one position a row, in the layout [step][row]. The window has `steps` steps and ends
 * `later` steps before the input of the target. The input is 0 before the first input of the position, and `keep` is 0 up to and
 * including that first input.
 */
export function fillWindow(
  ids: Ids,
  positions: readonly Position[],
  steps: number,
  later: number,
  inputs: Int32Array,
  keep: Int32Array,
): void {
  const rows = positions.length;
  for (let step = 0; step < steps; step++) {
    for (const [row, { target, first }] of positions.entries()) {
      const at = target - later - steps + step;
      inputs[step * rows + row] = at >= first ? ids[at]! : 0;
      keep[step * rows + row] = at > first ? 1 : 0;
    }
  }
}
