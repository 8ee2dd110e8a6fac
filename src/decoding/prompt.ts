import type { SavedState, Stepper } from '../nn/stepper.ts';
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
 * continues the prefix; without a prefix it starts from a newline, where the vocabulary has one, as if at the start of a line, else
 * from the vocabulary's first symbol. UserError where the prefix has a symbol outside the vocabulary.
 */
export function promptOf(prefix: string, vocabulary: Vocabulary): readonly number[] {
  const ids = [...vocabulary.encode(prefix)];
  if (vocabulary.stop !== undefined) return [vocabulary.stop, ...ids];
  return ids.length > 0 ? ids : [newlineOf(vocabulary) ?? 0];
}

/** The id of a newline, where the vocabulary has it. */
export function newlineOf(vocabulary: Vocabulary): number | undefined {
  return vocabulary.id(vocabulary.unit === 'byte' ? 10 : '\n');
}
