import type { SavedState, Stepper } from '../nn/stepper.ts';
import type { Text } from '../text/text.ts';
import type { Vocabulary } from '../text/vocabulary.ts';

/** A model that has read a prompt: where every completion starts. */
export interface Prompt {
  readonly state: SavedState;
  /** [V] logits of the first symbol after the prompt. */
  readonly logits: Float32Array;
}

/**
 * Reads symbols, one at least, from the first state, in row 0 of the stepper, where the state is left. The first state is s₀ = 0 or, of a
 * transducer, that of its first source.
 */
export function readPrompt(stepper: Stepper, symbols: ArrayLike<number>): Prompt {
  return readPrompts(stepper, symbols, 1)[0]!;
}

/** The same symbols after each of the first `sources` sources of a transducer, side by side. */
export function readPrompts(stepper: Stepper, symbols: ArrayLike<number>, sources: number): Prompt[] {
  const rows = Array.from({ length: sources }, (_, source) => source);
  for (const row of rows) stepper.resetState(row, row);
  for (let at = 0; at < symbols.length; at++) stepper.step(rows.map(() => symbols[at]!));
  return rows.map((row) => ({ state: stepper.saveState(row), logits: stepper.logits(row).slice() }));
}

/**
 * The symbols that the model reads before a completion. In lines mode a line starts with `<stop>`, then the prefix. A stream
 * continues the prefix; without a prefix it starts from the vocabulary's `start`, as if at the start of a line. UserError where the
 * prefix has a symbol outside the vocabulary.
 */
export function promptOf(prefix: Text, vocabulary: Vocabulary): readonly number[] {
  const ids = [...vocabulary.encode(prefix)];
  if (vocabulary.stop !== undefined) return [vocabulary.stop, ...ids];
  return ids.length > 0 ? ids : [vocabulary.start];
}
