import type { Part } from '../text/split.ts';

/** One step in which a model reads a symbol. */
export interface ReadingStep {
  readonly id: number;
  /** Whether the state goes on from the step before. If not, it is set to zero before the symbol is read. */
  readonly goesOn: boolean;
  /** Whether the symbol belongs to the text that is shown. The `<stop>` that is read before a line does not. */
  readonly isShown: boolean;
}

/**
 * The steps in which a model reads a part from its start, until `length` symbols of it are read. Every line starts from a state of zero, and is
 * read after a `<stop>`, as in training; the `<stop>` that ends a line belongs to the text.
 */
export function readingSteps(part: Part, length: number): ReadingStep[] {
  if (part.mode === 'stream') {
    return Array.from(part.ids.slice(0, length), (id, at) => ({ id, goesOn: at > 0, isShown: true }));
  }
  const steps: ReadingStep[] = [];
  let left = length;
  for (const line of part.lines) {
    if (left <= 0) break;
    const start = part.lineStarts[line]!;
    const end = Math.min(part.lineStarts[line + 1]!, start + left);
    steps.push({ id: part.ids[start - 1]!, goesOn: false, isShown: false });
    for (let at = start; at < end; at++) steps.push({ id: part.ids[at]!, goesOn: true, isShown: true });
    left -= end - start;
  }
  return steps;
}
