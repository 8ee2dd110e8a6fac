import { latin1Of } from '#host/bytes';
import { message, option, UserError } from '../errors.ts';
import { type KnownTexts, LineSet } from '../text/line-set.ts';
import { bytesOf, type Text, textOf as textOfBytes } from '../text/text.ts';
import { CANDIDATES } from './drawing.ts';
import type { Sample } from './sample.ts';

/**
 * After so many unwanted texts in a row, selection gives up. Where a text does not meet its constraint, every try counts; where it was drawn by
 * looking ahead, its candidates do.
 */
const PATIENCE = 10_000;

export interface Selection {
  /** No text twice. */
  readonly unique: boolean;
  /** None of these texts. */
  readonly known: KnownTexts;
  /** The text of a sample, which is compared: bytes where symbols are bytes. */
  readonly textOf: (sample: Sample) => Text;
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
    const key = keyOf(text);
    if (!sample.met || isKnown(known, text) || seen.has(key)) {
      missed += weightOf(sample);
      if (missed < PATIENCE) continue;
      throw new UserError(
        message`${found} of ${count} texts, for the last ${PATIENCE} drawn were not as wanted (repeated, known, or blocked); use a higher ${option('temperature')}, or ask for fewer`,
      );
    }
    missed = 0;
    if (unique) seen.add(key);
    yield sample;
    if (++found === count) return;
  }
}

/** For how many texts an unwanted one counts. */
function weightOf({ met, exact, tries }: Sample): number {
  if (!met) return tries;
  return exact ? 1 : CANDIDATES;
}

/** Texts with the same key are the same, bytes that are not UTF-8 included: in Latin-1 every byte is a character. */
function keyOf(text: Text): string {
  return typeof text === 'string' ? text : latin1Of(text);
}

function isKnown(known: KnownTexts, text: Text): boolean {
  if (known instanceof LineSet) return known.has(bytesOf(text));
  const read = typeof text === 'string' ? text : textOfBytes(text);
  return typeof read === 'string' && known.has(read);
}
