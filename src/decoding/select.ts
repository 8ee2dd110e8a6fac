import { message, option, UserError } from '../errors.ts';
import type { Sample } from './sample.ts';

/** After so many unwanted texts in a row, selection gives up. */
const PATIENCE = 10_000;

export interface Selection {
  /** No text twice. */
  readonly unique: boolean;
  /** None of these texts. */
  readonly known: ReadonlySet<string>;
  /** The text of a sample, which is compared. */
  readonly textOf: (sample: Sample) => string;
}

/**
 * The first `count` of an endless sequence of texts that meet their constraint and the selection. UserError after those that were
 * found, where no more turn up. `undefined` in the sequence is no text, and is handed on.
 */
export function* selectTexts<T extends Sample | undefined>(
  samples: Iterable<T>,
  count: number,
  selection: Selection,
): Generator<T> {
  const { unique, known, textOf } = selection;
  const seen = new Set<string>();
  let found = 0;
  let missed = 0;
  for (const sample of samples) {
    if (sample === undefined) {
      yield sample;
      continue;
    }
    const text = textOf(sample);
    if (!sample.met || known.has(text) || seen.has(text)) {
      if (++missed < PATIENCE) continue;
      throw new UserError(
        message`${found} of ${count} texts, for the last ${PATIENCE} drawn were not as wanted (repeated, known, or blocked); use a higher ${option('temperature')}, or ask for fewer`,
      );
    }
    missed = 0;
    if (unique) seen.add(text);
    yield sample;
    if (++found === count) return;
  }
}
