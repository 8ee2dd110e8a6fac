import { UserError } from '../errors.ts';
import type { Ids } from '../text/ids.ts';
import type { Part } from '../text/split.ts';

/** A place in a text whose loss is looked at. */
export interface Position {
  /** Of the target in the text's ids. The input that it is predicted from is the id before. */
  readonly target: number;
  /** Of the first input that its state has read: the text's first symbol, or the `<stop>` before its line. */
  readonly first: number;
}

/**
 * Some `count` places spread evenly over a text, or all, where it has fewer. Of a stream, places with `history` inputs behind
 * them, unless it is too short. UserError where there is nothing to predict.
 */
export function spreadPositions(part: Part, count: number, history: number): Position[] {
  if (part.targets === 0) throw new UserError('the text has nothing to predict; give one of two symbols at least');
  const skipped = part.mode === 'stream' ? Math.min(history, Math.max(0, part.targets - count)) : 0;
  const total = part.targets - skipped;
  const taken = Math.min(count, total);
  const order = Array.from({ length: taken }, (_, index) => skipped + Math.floor(((index + 0.5) * total) / taken));
  return part.mode === 'stream' ? order.map((index) => ({ target: index + 1, first: 0 })) : linePositions(part, order);
}

/** Places by their number among the targets of all lines, ascending. */
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
 * The inputs of a batch of positions, one a row, over the `steps` steps that end `later` steps before their targets': [step][row], with
 * 0 where there is no such input, and `keep` 0 at every first one.
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
