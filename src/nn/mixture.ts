import type { Address, Floats } from '../kernel/contract.ts';

// What an ensemble of M members predicts: p̄ = (1/M) Σ_m p_m, the mean of what they predict (a mixture of equal shares).

/**
 * out[i] ← −log p̄_i of the probabilities p_m,i = exp(−losses_m[i]), in nats, for `count` positions.
 *
 * @param losses where each member's are
 */
export function mixLosses(floats: Floats, out: Address, losses: readonly Address[], count: number): void {
  for (let i = 0; i < count; i++) {
    let least = Number.POSITIVE_INFINITY;
    for (const at of losses) least = Math.min(least, floats[at + i]!);
    let sum = 0;
    for (const at of losses) sum += Math.exp(least - floats[at + i]!);
    floats[out + i] = least - Math.log(sum / losses.length);
  }
}

/**
 * out ← log p̄ of the distributions p_m = softmax(logits_m), in nats.
 *
 * @param out [V]
 * @param logits where each member's V are
 */
export function mixLogits(floats: Floats, out: Float32Array, logits: readonly Address[]): void {
  const V = out.length;
  const logSums = logits.map((at) => logSumExp(floats, at, V));
  for (let id = 0; id < V; id++) {
    let greatest = Number.NEGATIVE_INFINITY;
    for (const [member, at] of logits.entries()) greatest = Math.max(greatest, floats[at + id]! - logSums[member]!);
    let sum = 0;
    for (const [member, at] of logits.entries()) sum += Math.exp(floats[at + id]! - logSums[member]! - greatest);
    out[id] = greatest + Math.log(sum / logits.length);
  }
}

function logSumExp(floats: Floats, at: Address, count: number): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = at; i < at + count; i++) greatest = Math.max(greatest, floats[i]!);
  let sum = 0;
  for (let i = at; i < at + count; i++) sum += Math.exp(floats[i]! - greatest);
  return greatest + Math.log(sum);
}
