import { UserError } from '../errors.ts';
import { parsePair, splitFields } from '../text/pair-lines.ts';
import type { PairVocabularies } from '../text/pairs.ts';
import { bytesOf, type Text, textOf } from '../text/text.ts';
import type { IdPair, PairReader } from './pair-reader.ts';
import { judge, type Score } from './scoring.ts';

/**
 * How likely the target of each pair is, given its source. A pair is a line: source, tab, target, or the columns of
 * the line that are named. The symbols that are scored are those of the target and, of a transducer, `<stop>`.
 */
export function scorePairs(
  reader: PairReader,
  vocabularies: PairVocabularies,
  lines: readonly Text[],
  columns: readonly [number, number] = [1, 2],
): Score[] {
  const pairs: IdPair[] = [];
  const found = lines.map((line) => {
    try {
      return { pair: pairs.push(readPair(reader, vocabularies, line, columns)) - 1 };
    } catch (error) {
      if (error instanceof UserError) return { problem: error };
      throw error;
    }
  });
  const losses = reader.losses(pairs);
  const { target: vocabulary } = vocabularies;
  const end = vocabulary.stop === undefined ? [] : [vocabulary.stop];
  return found.map(({ pair, problem }) => {
    if (pair === undefined) return judge([], new Float32Array(), vocabulary, problem);
    return judge([...Array.from(pairs[pair]!.target), ...end], losses[pair]!, vocabulary, undefined);
  });
}

/** A line as a pair of ids. UserError for a line that is no pair, and for symbols that the model does not know. */
function readPair(
  { config }: PairReader,
  { source, target }: PairVocabularies,
  line: Text,
  columns: readonly [number, number],
): IdPair {
  const units = { sourceUnit: source.unit, targetUnit: target.unit, columns };
  const bytes = bytesOf(line);
  const pair = parsePair(bytes, { task: config.pairs!.task, ...units });
  if ('why' in pair) throw new UserError(pair.why);
  const fields = splitFields(bytes).map(textOf);
  return { source: source.encode(fields[columns[0] - 1]!), target: target.encode(fields[columns[1] - 1]!) };
}
