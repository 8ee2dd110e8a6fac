import { UsageError, UserError } from '../errors.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { Stops } from './stops.ts';

/** The most symbols of a text, where nothing is said: of a line, of a stream. */
export const SAMPLE_LENGTH = { lines: 200, stream: 1000 };
export const BEAM_LENGTH = { lines: 100, stream: 40 };

export function defaultLength(lengths: typeof SAMPLE_LENGTH, vocabulary: Vocabulary): number {
  return vocabulary.stop === undefined ? lengths.stream : lengths.lines;
}

/** What a completion starts from: the symbols that the model reads first, and the prefix's own, which are shown. */
export interface Start {
  readonly prompt: readonly number[];
  readonly prefix: readonly number[];
}

/**
 * In lines mode a line starts with `<stop>`, then the prefix. A stream goes on from the prefix; without one, from a newline,
 * where the vocabulary has it, as if at the start of a line, else from its first symbol. UserError where the prefix
 * has a symbol outside the vocabulary.
 */
export function startFrom(prefix: string, vocabulary: Vocabulary): Start {
  const ids = [...vocabulary.encode(prefix)];
  if (vocabulary.stop !== undefined) return { prompt: [vocabulary.stop, ...ids], prefix: ids };
  if (ids.length > 0) return { prompt: ids, prefix: ids };
  return { prompt: [newlineOf(vocabulary) ?? 0], prefix: [] };
}

/** What ends a text: the model's `<stop>`, if it has one, and strings. UserError where one has a symbol outside the vocabulary. */
export function stopsFrom(strings: readonly string[], vocabulary: Vocabulary): Stops {
  return new Stops(
    vocabulary.stop,
    strings.map((text) => [...vocabulary.encode(text)]),
  );
}

/** The id of a newline, where the vocabulary has it. */
export function newlineOf(vocabulary: Vocabulary): number | undefined {
  return vocabulary.id(vocabulary.unit === 'byte' ? 10 : '\n');
}

/** Says which option a fault is in: it is wrong usage then. */
export function inOption<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UserError) throw new UsageError(`${option}: ${error.message}`);
    throw error;
  }
}
