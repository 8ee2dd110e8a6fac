import type { Score } from '../decoding/scoring.ts';
import type { Vocabulary } from '../text/vocabulary.ts';

/** How likely a text is. */
export interface ScoredText {
  /** Σ log p in nats. */
  readonly logProbability: number;
  /** −Σ log₂ p over the number of symbols. */
  readonly bitsPerCharacter: number;
  /** How many symbols were scored as `<unk>`. */
  readonly unknown: number;
  /** Every symbol that was scored, `<stop>` too, and its surprisal −log₂ p. */
  readonly symbols: readonly { readonly symbol: string; readonly bits: number }[];
}

/** A score as the library gives it. UserError where the text could not be read. */
export function scoredText(
  { logProbability, bitsPerCharacter, unknown, ids, losses, problem }: Score,
  vocabulary: Vocabulary,
): ScoredText {
  if (problem) throw problem;
  const symbols = Array.from(ids, (id, at) => ({ symbol: vocabulary.label(id), bits: losses[at]! / Math.LN2 }));
  return { logProbability, bitsPerCharacter, unknown, symbols };
}
