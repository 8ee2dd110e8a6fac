import { UserError } from '../errors.ts';
import { type PairVocabularies, parsePair } from '../text/pairs.ts';
import type { IdPair, PairReader } from './pair-reader.ts';
import { judge, type Score } from './scoring.ts';

/**
 * How likely the target of each pair is, given its source. A pair is a line: source, tab, target. `undefined` stands for a line that is not
 * UTF-8. The symbols that are scored are those of the target and, of a transducer, `<stop>`.
 */
export function scorePairs(
  reader: PairReader,
  vocabularies: PairVocabularies,
  lines: readonly (string | undefined)[],
): Score[] {
  const pairs: IdPair[] = [];
  const found = lines.map((line) => {
    try {
      return { pair: pairs.push(readPair(reader, vocabularies, line)) - 1 };
    } catch (error) {
      if (error instanceof UserError) return { problem: error.message };
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
function readPair({ config }: PairReader, { source, target }: PairVocabularies, line: string | undefined): IdPair {
  if (line === undefined) throw new UserError('is not UTF-8; convert it');
  const units = { sourceUnit: source.unit, targetUnit: target.unit };
  const pair = parsePair(Buffer.from(line), { task: config.pairs!.task, ...units });
  if ('why' in pair) throw new UserError(pair.why);
  const [sourceText = '', targetText = ''] = line.split('\t');
  return { source: source.encode(sourceText), target: target.encode(targetText) };
}
