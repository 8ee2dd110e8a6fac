import { UserError } from '../errors.ts';
import { linesOf, splitFields, symbolsOf } from './pair-lines.ts';
import type { PairCorpus } from './pairs.ts';
import { type PairFileOptions, readBytes } from './read-pairs.ts';
import { sourceName } from './source-name.ts';
import type { TextSymbol, Unit } from './symbols.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Predictions of another program for the sources of a corpus, as ids of a vocabulary that has the symbols of targets and of predictions. */
export interface Predictions {
  readonly vocabulary: Vocabulary;
  /** For each pair of the corpus, the predicted target of its source; undefined where there is none. */
  readonly predicted: readonly (readonly number[] | undefined)[];
  /** For each id of the corpus's targets, the id in `vocabulary`. */
  readonly ids: Uint32Array;
}

/**
 * Reads predictions from a file (`-` is standard input): a line for each, source, tab, predicted target, as `rnn beam` prints them. The order of
 * the lines doesn't matter. Of several predictions for one source, the first counts; further columns, and sources that the corpus does not have,
 * are passed over. A prediction may be empty. UserError for a file that can't be read; `onProblem` is told of each line without a tab, or with
 * bytes that are not UTF-8. If it is not given, the first such line is an error.
 */
export async function readPredictions(
  path: string,
  { source, target, count }: PairCorpus,
  { stdin, onProblem }: Pick<PairFileOptions, 'stdin' | 'onProblem'> = {},
): Promise<Predictions> {
  const found = new Map<string, readonly TextSymbol[]>();
  const units = { sourceUnit: source.vocabulary.unit, targetUnit: target.vocabulary.unit };
  const bytes = await readBytes(path, { stdin });
  for (const { number, line } of linesOf(bytes, sourceName(path), units)) {
    const read = readPrediction(line, units.sourceUnit, units.targetUnit);
    if ('why' in read) {
      const problem = new UserError(`${sourceName(path)}: line ${number}: ${read.why}`);
      if (!onProblem) throw problem;
      onProblem(problem);
      continue;
    }
    const key = keyOf(read.source.map((symbol) => source.vocabulary.id(symbol) ?? -1));
    if (!found.has(key)) found.set(key, read.target);
  }
  const counts = new Map([...found.values()].flat().map((symbol) => [symbol, 1]));
  const vocabulary = target.vocabulary.extend(counts, 1);
  const predicted = Array.from({ length: count }, (_, pair) => {
    const key = keyOf(source.ids.subarray(source.starts[pair], source.starts[pair + 1]));
    return found.get(key)?.map((symbol) => vocabulary.id(symbol)!);
  });
  return { vocabulary, predicted, ids: target.vocabulary.idsIn(vocabulary) };
}

function readPrediction(line: Uint8Array, sourceUnit: Unit, targetUnit: Unit) {
  const [first, second] = splitFields(line);
  if (!first || !second) return { why: 'has no tab; a prediction is source, tab, target' };
  const [source, target] = [symbolsOf(first, sourceUnit), symbolsOf(second, targetUnit)];
  if ('why' in source) return source;
  return 'why' in target ? target : { source, target };
}

function keyOf(ids: ArrayLike<number>): string {
  return Array.from(ids).join(' ');
}
