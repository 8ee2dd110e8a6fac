import type { Stepper } from '../nn/stepper.ts';
import { logSoftmax } from './log-softmax.ts';
import { readPrompt } from './prompt.ts';

/** A symbol that may come next, and log p of it in nats. */
export interface Continuation {
  readonly id: number;
  readonly logProbability: number;
}

/** Every symbol after a prompt of one symbol at least, the likeliest first; of equal ones, the smaller id. */
export function continuations(stepper: Stepper, prompt: ArrayLike<number>): Continuation[] {
  const logs = new Float64Array(stepper.config.symbols);
  logSoftmax(logs, readPrompt(stepper, prompt).logits);
  return Array.from(logs, (logProbability, id) => ({ id, logProbability })).sort(
    (a, b) => b.logProbability - a.logProbability || a.id - b.id,
  );
}
