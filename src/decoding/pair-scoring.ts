import { UserError } from '../errors.ts';
import { type PairVocabularies, parsePair, splitFields } from '../text/pairs.ts';
import { bytesOf, type Text, textOf } from '../text/text.ts';
import type { IdPair, PairReader } from './pair-reader.ts';
import { judge, type Score } from './scoring.ts';

/**
 * How likely the target of each pair is, given its source. A pair is a line: source, tab, target. The symbols that are scored are those of the target and, of a transducer, `<stop>`.
 */
export function scorePairs(reader: PairReader, vocabularies: PairVocabularies, lines: readonly Text[]): Score[] {
  const pairs: IdPair[] = [];
  const found = lines.map((line) => {
    try {
      return { pair: pairs.push(readPair(reader, vocabularies, line)) - 1 };
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
function readPair({ config }: PairReader, { source, target }: PairVocabularies, line: Text): IdPair {
  const units = { sourceUnit: source.unit, targetUnit: target.unit };
  const bytes = bytesOf(line);
  const pair = parsePair(bytes, { task: config.pairs!.task, ...units });
  if ('why' in pair) throw new UserError(pair.why);
  const [sourceText, targetText] = splitFields(bytes).map(textOf);
  return { source: source.encode(sourceText!), target: target.encode(targetText!) };
}
