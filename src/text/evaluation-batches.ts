import type { LinePart, Part } from './split.ts';
import { fillFromStream, rowStarts } from './stream-batches.ts';
import { type BatchOptions, resolveBatchOptions } from './windows.ts';

export interface EvaluationWindow {
  /** The number of steps that are filled. */
  readonly steps: number;
  /** The number of targets that are not −1. */
  readonly counted: number;
}

/**
 * Windows that cover every target of a part exactly once. The targets of a stream are all its symbols except the first; the targets of
 * lines are all their symbols and each `<stop>`. The arrays have the layout of `Batches` and are filled again for each window. A row
 * carries its state from one window to the next. After the end of a row the input is 0 and the target −1.
 *
 * A stream is cut into rows as in `StreamBatches`. Each row starts from a state of zero, so a loss depends slightly on the number of
 * rows. With one row, it is the loss of the text read from end to end.
 *
 * Lines are taken in order: a free row takes the next one and starts it from a state of zero. So a loss depends neither on the number
 * of rows nor on the window.
 */
export function* evaluationBatches(
  part: Part,
  options: Pick<BatchOptions, 'rows' | 'window'>,
  inputs: Int32Array,
  targets: Int32Array,
  keep: Int32Array,
): Generator<EvaluationWindow, void, void> {
  const { rows, window } = resolveBatchOptions(options);
  if (part.mode === 'lines') {
    yield* lineWindows(part, rows, window, inputs, targets, keep);
    return;
  }
  const starts = rowStarts(part.targets, rows);
  const longest = Math.ceil(part.targets / rows);
  for (let first = 0; first < longest; first += window) {
    const steps = Math.min(window, longest - first);
    const counted = fillFromStream(part.ids, starts, first, steps, 0, inputs, targets, keep);
    yield { steps, counted };
  }
}

function* lineWindows(
  part: LinePart,
  rows: number,
  window: number,
  inputs: Int32Array,
  targets: Int32Array,
  keep: Int32Array,
): Generator<EvaluationWindow, void, void> {
  const { ids, lines, lineStarts } = part;
  const positions = new Float64Array(rows);
  const ends = new Float64Array(rows);
  let taken = 0;
  let left = part.targets;
  while (left > 0) {
    let steps = 0;
    let counted = 0;
    for (let at = 0; steps < window && counted < left; steps++) {
      for (let row = 0; row < rows; row++, at++) {
        let position = positions[row]!;
        let fresh = false;
        if (position === ends[row] && taken < lines.length) {
          const line = lines[taken++]!;
          position = lineStarts[line]!;
          ends[row] = lineStarts[line + 1]!;
          fresh = true;
        }
        const inside = position < ends[row]!;
        inputs[at] = inside ? ids[position - 1]! : 0;
        targets[at] = inside ? ids[position]! : -1;
        keep[at] = fresh ? 0 : 1;
        positions[row] = inside ? position + 1 : position;
        if (inside) counted++;
      }
    }
    left -= counted;
    yield { steps, counted };
  }
}
