/**
 * out ← log softmax(logits), in nats and double precision: logits − max − log Σ exp(logits − max).
 *
 * @param out as long as `logits`
 */
export function logSoftmax(out: Float64Array, logits: Float32Array): void {
  let max = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < logits.length; j++) if (logits[j]! > max) max = logits[j]!;
  let sum = 0;
  for (let j = 0; j < logits.length; j++) sum += Math.exp(logits[j]! - max);
  const logSum = Math.log(sum); // not added to max: beside a huge one it would be lost
  for (let j = 0; j < logits.length; j++) out[j] = logits[j]! - max - logSum;
}

/** score = (1 / Tᵅ) Σ log p of a hypothesis of T symbols: α = 1 is the mean, 0 the sum. */
export function lengthScore(logProbability: number, symbols: number, lengthPenalty: number): number {
  return logProbability / Math.max(1, symbols) ** lengthPenalty;
}
