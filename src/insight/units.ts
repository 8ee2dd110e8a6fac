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
  /** Pearson's correlation r between the activation of the unit and the feature, in [−1, 1]. */
  readonly correlation: number;
}

/** All units, the most interpretable first: they are sorted by their largest |r| with any feature. A constant unit has r = 0. */
export function rankUnits(
  { hidden }: Pick<ModelConfig, 'hidden'>,
  trace: Trace,
  features: readonly Feature[],
): UnitRank[] {
  const standard = features.map(({ name, values }) => ({ name, values: standardized(values) }));
  const count = trace.ids.length;
  const ranks = Array.from({ length: trace.units }, (_, index): UnitRank => {
    const activation = standardized(
      Float64Array.from({ length: count }, (__, at) => trace.activations[at * trace.units + index]!),
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

/** The values minus their mean, scaled to length 1, so that r is a dot product. All are 0 if the values are constant. */
function standardized(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = values.map((value) => value - mean);
  const norm = Math.sqrt(dot(centred, centred));
  return norm > 1e-9 * values.length ? centred.map((value) => value / norm) : centred.fill(0);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
