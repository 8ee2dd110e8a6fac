import { UserError } from '../errors.ts';
import type { Sample } from './sample.ts';

/** Texts in a row that aren't wanted, after which none is waited for any longer. */
const PATIENCE = 10_000;

export interface Wishes {
  /** No text twice. */
  readonly unique: boolean;
  /** No text of these. */
  readonly known: ReadonlySet<string>;
  /** A sample as a text to be compared. */
  readonly textOf: (sample: Sample) => string;
}

/**
 * Of an endless sequence of texts, the first `count` that meet their constraint and the wishes. UserError after those that were
 * found, where no more turn up.
 */
export function* selectTexts(samples: Iterable<Sample>, count: number, wishes: Wishes): Generator<Sample> {
  const { unique, known, textOf } = wishes;
  const seen = new Set<string>();
  let found = 0;
  let missed = 0;
  for (const sample of samples) {
    const text = textOf(sample);
    if (!sample.met || known.has(text) || seen.has(text)) {
      if (++missed < PATIENCE) continue;
      throw new UserError(
        `${found} of ${count} texts, for the last ${PATIENCE} drawn were not as wanted (repeated, known, or blocked); ` +
          'use a higher --temperature, or ask for fewer',
      );
    }
    missed = 0;
    if (unique) seen.add(text);
    yield sample;
    if (++found === count) return;
  }
}
