import type { ModelConfig } from '../nn/config.ts';
import type { Feature } from './features.ts';
import type { Trace } from './trace.ts';

/** A unit and the feature of the text with which it correlates most. */
export interface UnitRank {
  /** The column of the unit in the trace. */
  readonly index: number;
  /** The number of the layer, counted from 1. */
  readonly layer: number;
  readonly unit: number;
  readonly feature: string;
  /** The partial correlation r of the unit's activation and the feature, given the symbol that was just read, in [−1, 1]. */
  readonly correlation: number;
}

/**
 * All units, the most interpretable first: they are sorted by their largest |r| with any feature. r is Pearson's correlation after the mean
 * over all places with the same symbol is taken from both. So what the symbol itself says, such as that it is a space or a capital letter,
 * counts for nothing: the input says it, and a unit needs no memory for it. A unit that only depends on the symbol has r = 0.
 */
export function rankUnits(
  { hidden }: Pick<ModelConfig, 'hidden'>,
  trace: Trace,
  features: readonly Feature[],
): UnitRank[] {
  const { ids } = trace;
  const standard = features.map(({ name, values }) => ({ name, values: standardized(values, ids) }));
  const count = ids.length;
  const ranks = Array.from({ length: trace.units }, (_, index): UnitRank => {
    const activation = standardized(
      new Float64Array(count).map((__, at) => trace.activations[at * trace.units + index]!),
      ids,
    );
    let best = { feature: '', correlation: 0 };
    for (const { name, values } of standard) {
      const correlation = dot(activation, values);
      if (Math.abs(correlation) > Math.abs(best.correlation)) best = { feature: name, correlation };
    }
    return { index, layer: Math.floor(index / hidden) + 1, unit: (index % hidden) + 1, ...best };
  });
  return ranks.sort((a, b) => Math.abs(b.correlation) - Math.abs(a.correlation) || a.index - b.index);
}

/** A smaller |r| says nothing that a reader of a table could use. */
const LEAST_CORRELATION = 0.1;

/**
 * The `most` best units of each feature, in the order of the ranks: otherwise one feature, which many units track, would fill a table. Units
 * with |r| < 0.1 are left out.
 */
export function bestOfEachFeature(ranks: readonly UnitRank[], most: number): UnitRank[] {
  const counts = new Map<string, number>();
  return ranks.filter(({ feature, correlation }) => {
    const count = (counts.get(feature) ?? 0) + 1;
    counts.set(feature, count);
    return Math.abs(correlation) >= LEAST_CORRELATION && count <= most;
  });
}

/**
 * The values, each minus the mean of those with the same symbol, scaled to length 1, so that r is a dot product. All are 0 if the symbol
 * decides the value.
 */
function standardized(values: Float64Array, ids: readonly number[]): Float64Array {
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [at, value] of values.entries()) {
    const found = sums.get(ids[at]!) ?? { sum: 0, count: 0 };
    sums.set(ids[at]!, { sum: found.sum + value, count: found.count + 1 });
  }
  const centred = values.map((value, at) => {
    const { sum, count } = sums.get(ids[at]!)!;
    return value - sum / count;
  });
  const norm = Math.sqrt(dot(centred, centred));
  return norm > 1e-9 * values.length ? centred.map((value) => value / norm) : centred.fill(0);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
