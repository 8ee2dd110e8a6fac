import { Stops } from '../decoding/stops.ts';
import { UsageError, UserError } from '../errors.ts';
import type { Vocabulary } from '../text/vocabulary.ts';

/** What a completion starts from: the symbols that the model reads first, and the prefix's own, which are shown. */
export interface Start {
  readonly prompt: readonly number[];
  readonly prefix: readonly number[];
}

/**
 * In lines mode a line starts with `<stop>`, then the prefix. A stream goes on from the prefix; without one, from a newline,
 * where the vocabulary has it, as if at the start of a line, else from its first symbol.
 */
export function startFrom(prefix: string, vocabulary: Vocabulary): Start {
  const ids = encodeOption('--prefix', prefix, vocabulary);
  if (vocabulary.stop !== undefined) return { prompt: [vocabulary.stop, ...ids], prefix: ids };
  if (ids.length > 0) return { prompt: ids, prefix: ids };
  const newline = vocabulary.unit === 'byte' ? vocabulary.id(10) : vocabulary.id('\n');
  return { prompt: [newline ?? 0], prefix: [] };
}

/** What ends a text: the model's `<stop>`, if it has one, and the strings of --stop, in which \n stands for a newline. */
export function stopsFrom(strings: readonly string[], vocabulary: Vocabulary): Stops {
  const encoded = strings.map((text) =>
    encodeOption('--stop', text.replaceAll('\\n', '\n').replaceAll('\\t', '\t'), vocabulary),
  );
  return new Stops(vocabulary.stop, encoded);
}

/** The ids of an option's text. UsageError where the vocabulary lacks a symbol of it. */
export function encodeOption(option: string, text: string, vocabulary: Vocabulary): number[] {
  try {
    return [...vocabulary.encode(text)];
  } catch (error) {
    if (error instanceof UserError) throw new UsageError(`${option}: ${error.message}`);
    throw error;
  }
}
