import type { HeatMap } from './heat-map.ts';

/** A pair, and the weight of each symbol of the source when each symbol of the target is predicted. */
export interface Attended {
  readonly source: string;
  readonly target: string;
  readonly sourceSymbols: readonly string[];
  readonly targetSymbols: readonly string[];
  readonly weights: readonly (readonly number[])[];
}

/** What a model attends to: a row for each symbol of the target, a column for each symbol of the source. */
export function attentionMap({ source, target, sourceSymbols, targetSymbols, weights }: Attended): HeatMap {
  return {
    title: `${source} → ${target}`,
    rows: targetSymbols.map(visible),
    columns: sourceSymbols.map(visible),
    values: weights,
  };
}

/** A space has a sign of its own. */
function visible(symbol: string): string {
  return symbol === ' ' ? '␣' : symbol;
}
