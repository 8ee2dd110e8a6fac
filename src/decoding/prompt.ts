import type { SavedState, Stepper } from '../nn/stepper.ts';
import type { Text } from '../text/text.ts';
import type { Vocabulary } from '../text/vocabulary.ts';

/** A model that has read a prompt: where every completion starts. */
export interface Prompt {
  readonly state: SavedState;
  /** [V] logits of the first symbol after the prompt. */
  readonly logits: Float32Array;
}

/** Reads symbols, one at least, from s₀ = 0, in row 0 of the stepper, where the state is left. */
export function readPrompt(stepper: Stepper, symbols: ArrayLike<number>): Prompt {
  stepper.resetState(0);
  for (let at = 0; at < symbols.length; at++) stepper.step([symbols[at]!]);
  return { state: stepper.saveState(0), logits: stepper.logits(0).slice() };
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
