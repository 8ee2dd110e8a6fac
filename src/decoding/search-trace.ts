import { grouped } from '../counts.ts';

/** An expansion of a beam search as a trace shows it. */
export interface TracedExpansion {
  /** Symbols after the prompt. */
  readonly ids: readonly number[];
  /** Σ log p in nats. */
  readonly logProbability: number;
  /** Σ log p less what the last symbol cost for not being diverse: what was chosen by. */
  readonly rank: number;
}

/** What one step of a beam search did, in one of its groups. */
export interface SearchStep {
  /** From 1: the symbols that each expansion has. */
  readonly length: number;
  /** From 0. */
  readonly group: number;
  /** Hypotheses that were expanded. */
  readonly expanded: number;
  /** Expansions that were looked at: those that are possible. */
  readonly lookedAt: number;
  /** Those that go on, best first. */
  readonly kept: readonly TracedExpansion[];
  /** Those that have ended and are saved, best first. */
  readonly saved: readonly TracedExpansion[];
  /** The best of those that were not chosen, best first. */
  readonly dropped: readonly TracedExpansion[];
}

/** The most expansions of a step that a trace shows as dropped. */
export const TRACED_DROPS = 5;

/** How many sequences of T symbols there are, M^T, as a power and, from a million on, as a power of ten: `65^100 ≈ 1.9e181`. */
export function describeSequences(symbols: number, length: number): string {
  const decades = length * Math.log10(symbols);
  if (decades < 6) return grouped(symbols ** length);
  const whole = Math.floor(decades);
  // Rounded up to 10, the digits belong to the next power.
  const digits = (10 ** (decades - whole)).toFixed(1);
  return `${symbols}^${length} ≈ ${digits === '10.0' ? `1.0e${whole + 1}` : `${digits}e${whole}`}`;
}
