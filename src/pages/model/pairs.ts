import { UserError } from '../../errors.ts';
import type { AttendedPair, LabelledSymbol, PairModel } from '../../library/pair-model.ts';
import { partsOf, type ShownPart } from '../../text/byte-spelling.ts';
import type { Text } from '../../text/text.ts';
import { type ScoredText, scoredText } from './texts.ts';

export interface TargetRequest {
  readonly source: string;
  readonly k: number;
  readonly length: number;
  readonly lengthPenalty: number;
}

/** A target that a model of pairs gives for a source. */
export interface TargetRow {
  readonly text: Text;
  readonly parts: readonly ShownPart[];
  readonly finished: boolean;
  readonly score: number;
  readonly logProbability: number;
}

/** The likeliest targets of a source, the best first. */
export async function findTargets(
  model: PairModel,
  { source, k, length, lengthPenalty }: TargetRequest,
): Promise<TargetRow[]> {
  const request = model.task === 'transduce' ? { k, length, lengthPenalty } : { k };
  const found = await model.beam(source, request);
  return found.map(({ text, bytes, finished, score, logProbability }) => {
    return { text: bytes ?? text, parts: partsOf(bytes ?? text), finished, score, logProbability };
  });
}

/** The likeliest labels of each symbol of a source, or of the whole source. */
export function rankLabels(
  model: PairModel,
  { source, count }: { readonly source: string; readonly count: number },
): Promise<LabelledSymbol[]> {
  return model.labels(source, count);
}

/** How likely a target is for a source. UserError for a pair that the model can't read. */
export function scoreTarget(
  model: PairModel,
  { source, target }: { readonly source: string; readonly target: string },
): ScoredText {
  if (/[\t\n]/u.test(`${source}${target}`)) throw new UserError('a source and a target are lines without tabs');
  const [score] = model.scoreLines([`${source}\t${target}`]);
  return scoredText(score!, model.vocabulary);
}

/** What the model attends to while it predicts a target. */
export function attend(
  model: PairModel,
  { source, target }: { readonly source: string; readonly target: Text },
): Promise<AttendedPair> {
  return model.attention(source, target);
}
