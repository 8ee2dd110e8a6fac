import type { Address, Floats } from '../kernel/contract.ts';

// An ensemble of M members predicts p̄ = (1/M) Σ_m p_m, the mean of its members' distributions (a mixture with equal weights).

/**
 * out[i] ← −log p̄_i of the probabilities p_m,i = exp(−losses_m[i]), in nats, for `count` positions.
 *
 * @param losses the address of each member's losses
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
 * @param logits the address of each member's V logits
 */
export function mixLogits(floats: Floats, out: Float32Array, logits: readonly Address[]): void {
  const means = new Float64Array(out.length);
  for (const at of logits) addSoftmax(means, floats, at, logits.length);
  for (let id = 0; id < out.length; id++) {
    // A probability that is too small for a double has become 0: log p̄ is computed from logarithms then.
    out[id] = means[id] === 0 ? logMean(floats, id, logits, out.length) : Math.log(means[id]!);
  }
}

/** means ← means + softmax / M. */
function addSoftmax(means: Float64Array, floats: Floats, at: Address, members: number): void {
  const V = means.length;
  const greatest = greatestOf(floats, at, V);
  const powers = new Float64Array(V);
  let sum = 0;
  for (let id = 0; id < V; id++) {
    const power = Math.exp(floats[at + id]! - greatest);
    powers[id] = power;
    sum += power;
  }
  for (let id = 0; id < V; id++) means[id]! += powers[id]! / (sum * members);
}

/** log p̄ of one symbol, computed from logarithms: log(1/M Σ_m exp(log p_m)). */
function logMean(floats: Floats, id: number, logits: readonly Address[], V: number): number {
  const logs = logits.map((at) => floats[at + id]! - logSumExp(floats, at, V));
  const greatest = Math.max(...logs);
  return greatest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - greatest), 0) / logs.length);
}

function logSumExp(floats: Floats, at: Address, count: number): number {
  const greatest = greatestOf(floats, at, count);
  let sum = 0;
  for (let i = at; i < at + count; i++) sum += Math.exp(floats[i]! - greatest);
  return greatest + Math.log(sum);
}

function greatestOf(floats: Floats, at: Address, count: number): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = at; i < at + count; i++) if (floats[i]! > greatest) greatest = floats[i]!;
  return greatest;
}
