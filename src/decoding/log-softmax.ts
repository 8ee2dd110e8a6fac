import { UserError } from '../errors.ts';

/**
 * out ← log softmax(logits), in nats and double precision: logits − max − log Σ exp(logits − max). UserError where the logits
 * aren't numbers.
 *
 * @param out as long as `logits`
 */
export function logSoftmax(out: Float64Array, logits: Float32Array): void {
  let max = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < logits.length; j++) if (logits[j]! > max) max = logits[j]!;
  let sum = 0;
  for (let j = 0; j < logits.length; j++) sum += Math.exp(logits[j]! - max);
  if (Number.isNaN(sum)) throw notANumber();
  const logSum = Math.log(sum); // not added to max: rounding would lose it beside a huge max
  for (let j = 0; j < logits.length; j++) out[j] = logits[j]! - max - logSum;
}

/** The error for a model that gives NaN or ±Infinity for what comes next. */
export function notANumber(): UserError {
  return new UserError(
    "the model's probabilities are not numbers: its checkpoint is damaged, or its training diverged; use another, or train again with a smaller learning rate",
  );
}
