/** A completion, and what the model thinks of it. */
export interface Hypothesis {
  /** Its symbols, those of `<stop>` or a stop string included. */
  readonly ids: readonly number[];
  /** How many symbols at the end of `ids` are a `<stop>` or a stop string. */
  readonly ending: number;
  /** Whether it ended by itself rather than at the length T. */
  readonly finished: boolean;
  /** T of the score: how many symbols `logProbability` is of, its end included. */
  readonly symbols: number;
  /** Σ log p in nats. */
  readonly logProbability: number;
  /** (1 / Tᵅ) Σ log p. */
  readonly score: number;
}

/** score = (1 / Tᵅ) Σ log p of a hypothesis of T symbols: α = 1 is the mean, 0 the sum. */
export function lengthScore(logProbability: number, symbols: number, lengthPenalty: number): number {
  return logProbability / Math.max(1, symbols) ** lengthPenalty;
}

/** Best score first; of equal scores, that found first. */
export function byScore(a: Hypothesis, b: Hypothesis): number {
  return b.score - a.score;
}
