import type { SavedState, Stepper } from '../nn/stepper.ts';

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
