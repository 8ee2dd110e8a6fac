import type { FullSampleRequest } from './options.ts';

/**
 * Filters narrow what may be drawn. Each works in place on a row of log-weights w [V], with p = softmax(w), and sets those it
 * takes away to −Infinity; it leaves at least one where there is one. Of equal weights those with the smaller
 * ids are kept. A filter sees what the ones before it have left; the order is that of `filter`.
 */

/** The options of `sampleSchema` that filters read. */
export type FilterOptions = Pick<FullSampleRequest, 'temperature' | 'topK' | 'topP' | 'minP' | 'typical'>;

/** Temperature, then top-k, top-p, min-p and typical, as far as they are asked for. `temperature` must be above 0. */
export function filter(weights: Float64Array, options: FilterOptions): void {
  const { temperature, topK, topP, minP, typical } = options;
  if (temperature !== 1) divideByTemperature(weights, temperature);
  if (topK !== undefined) keepTopK(weights, topK);
  if (topP !== undefined && topP < 1) keepTopP(weights, topP);
  if (minP !== undefined && minP > 0) keepMinP(weights, minP);
  if (typical !== undefined && typical < 1) keepTypical(weights, typical);
}

/** w ← (w − max w) / τ: relative to the likeliest, so that a small τ doesn't make every weight −Infinity. */
export function divideByTemperature(weights: Float64Array, temperature: number): void {
  const top = weights[likeliest(weights)]!;
  if (top === Number.NEGATIVE_INFINITY) return;
  for (let id = 0; id < weights.length; id++)
    weights[id] = weights[id] === top ? 0 : (weights[id]! - top) / temperature;
}

/** Keeps the k largest (Fan, Lewis & Dauphin 2018). */
export function keepTopK(weights: Float64Array, k: number): void {
  if (k < weights.length) keepLargest(weights, k, weights.slice().sort());
}

/** Keeps the smallest set, likeliest first, with Σ p ≥ `share` (nucleus sampling, Holtzman et al. 2020). */
export function keepTopP(weights: Float64Array, share: number): void {
  const ascending = weights.slice().sort();
  const V = ascending.length;
  const greatest = ascending[V - 1]!;
  const total = sumOfPowers(weights, greatest);
  let sum = 0;
  let count = 0;
  while (sum < share && count < V) sum += Math.exp(ascending[V - ++count]! - greatest) / total;
  keepLargest(weights, count, ascending);
}

/** Keeps those with p ≥ `share` · max p (Nguyen et al. 2024). */
export function keepMinP(weights: Float64Array, share: number): void {
  const least = weights[likeliest(weights)]! + Math.log(share);
  for (let id = 0; id < weights.length; id++) if (weights[id]! < least) weights[id] = Number.NEGATIVE_INFINITY;
}

/**
 * Keeps the smallest set with Σ p ≥ `share`, of those first whose surprisal −log p is nearest to the entropy −Σ p log p (locally
 * typical sampling, Meister et al. 2023).
 */
export function keepTypical(weights: Float64Array, share: number): void {
  const greatest = weights[likeliest(weights)]!;
  const total = sumOfPowers(weights, greatest);
  const V = weights.length;
  const [p, surprisal, distance] = [new Float64Array(V), new Float64Array(V), new Float64Array(V)];
  let entropy = 0;
  for (let id = 0; id < V; id++) {
    p[id] = Math.exp(weights[id]! - greatest) / total;
    surprisal[id] = -Math.log(p[id]!);
    if (p[id]! > 0) entropy += p[id]! * surprisal[id]!;
  }
  for (let id = 0; id < V; id++) distance[id] = Math.abs(surprisal[id]! - entropy);
  const order = ids(weights).sort((a, b) => distance[a]! - distance[b]! || a - b);
  let sum = 0;
  for (const id of order) {
    if (sum >= share) weights[id] = Number.NEGATIVE_INFINITY;
    sum += p[id]!;
  }
}

/** The id of the largest weight, of equals the smallest id. */
export function likeliest(weights: Float64Array): number {
  let best = 0;
  for (let id = 1; id < weights.length; id++) if (weights[id]! > weights[best]!) best = id;
  return best;
}

/** Keeps the `count` largest weights. A sort of numbers without their ids, `ascending`, takes a fraction of the time of a sort of ids. */
function keepLargest(weights: Float64Array, count: number, ascending: Float64Array): void {
  const least = ascending[ascending.length - count]!;
  let equals = count;
  for (let id = 0; id < weights.length; id++) if (weights[id]! > least) equals--;
  for (let id = 0; id < weights.length; id++) {
    if (weights[id]! > least) continue;
    if (weights[id] === least && equals > 0) equals--;
    else weights[id] = Number.NEGATIVE_INFINITY;
  }
}

/** Σ exp(w − max w). */
function sumOfPowers(weights: Float64Array, greatest: number): number {
  let sum = 0;
  for (let id = 0; id < weights.length; id++) sum += Math.exp(weights[id]! - greatest);
  return sum;
}

/** Ids that are left. */
function ids(weights: Float64Array): number[] {
  const left: number[] = [];
  for (let id = 0; id < weights.length; id++) if (weights[id]! > Number.NEGATIVE_INFINITY) left.push(id);
  return left;
}
