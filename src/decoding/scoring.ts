import { UserError } from '../errors.ts';
import { splitTexts } from '../text/records.ts';
import type { Text } from '../text/text.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { promptOf } from './prompt.ts';
import type { Reader } from './reader.ts';
import { type Sequence, scoreSequences } from './score.ts';

/** How likely a text is. */
export interface Score {
  /** Σ log p in nats; −Infinity where the text has a symbol that the model doesn't know. */
  readonly logProbability: number;
  /** −Σ log₂ p over the number of symbols: Infinity likewise. */
  readonly bitsPerCharacter: number;
  /** The symbols that were scored, including the end. */
  readonly ids: ArrayLike<number>;
  /** −log p of each in nats. */
  readonly losses: Float32Array;
  /** How many of them are `<unk>`. */
  readonly unknown: number;
  /** Why the text can't be scored: a symbol that the model doesn't know and has no `<unk>` for, or bytes that are not UTF-8. */
  readonly problem: UserError | undefined;
}

/** Scores each line by itself: from `<stop>`, or the end of a line, to the next. */
export function scoreLines(reader: Reader, vocabulary: Vocabulary, lines: readonly Text[]): Score[] {
  const end = vocabulary.stop === undefined ? vocabulary.lineEndIds : [vocabulary.stop];
  return scoreTexts(reader, vocabulary, lines, end);
}

/**
 * Scores a text from end to end. A model of a stream reads every symbol after all symbols before it. A model of lines or other examples
 * reads each example by itself, and leaves out empty ones, as training does.
 */
export function scoreWhole(reader: Reader, vocabulary: Vocabulary, text: Text): Score {
  if (vocabulary.stop === undefined) return scoreTexts(reader, vocabulary, [text], [])[0]!;
  const scores = scoreLines(reader, vocabulary, splitTexts(text, vocabulary.separator));
  const ids = scores.flatMap((score) => Array.from(score.ids));
  const losses = Float32Array.from(scores.flatMap((score) => Array.from(score.losses)));
  return judge(ids, losses, vocabulary, scores.find(({ problem }) => problem !== undefined)?.problem);
}

function scoreTexts(reader: Reader, vocabulary: Vocabulary, texts: readonly Text[], end: readonly number[]): Score[] {
  const start = promptOf('', vocabulary)[0]!;
  const problems: (UserError | undefined)[] = [];
  const sequences = texts.map((text, index): Sequence => {
    try {
      const ids = vocabulary.encode(text);
      return { start, ids: end.length === 0 ? ids : [...ids, ...end] };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems[index] = error;
      return { start, ids: [] };
    }
  });
  const losses = scoreSequences(reader, sequences);
  return sequences.map(({ ids }, index) => judge(ids, losses[index]!, vocabulary, problems[index]));
}

/** The score of symbols whose losses are known. */
export function judge(
  ids: ArrayLike<number>,
  losses: Float32Array,
  vocabulary: Vocabulary,
  problem: UserError | undefined,
): Score {
  const logProbability = problem === undefined ? losses.reduce((sum, loss) => sum - loss, 0) : Number.NEGATIVE_INFINITY;
  let unknown = 0;
  for (let at = 0; at < ids.length; at++) if (ids[at] === vocabulary.unknown) unknown++;
  const bitsPerCharacter = logProbability === 0 ? 0 : -logProbability / Math.LN2 / Math.max(1, ids.length);
  return { logProbability, bitsPerCharacter, ids, losses, unknown, problem };
}
