/** Cells that are expected less often are counted together: the statistic's distribution is only approximate below. */
const LEAST_EXPECTED = 5;

/** Standard normal quantile of 0.999: at a fixed seed, a right sampler passes with this probability, once and for all. */
const QUANTILE = 3.0902;

/**
 * Pearson's χ² of what was drawn, over the 0.999 quantile of its distribution (Wilson & Hilferty 1931): a sampler that draws
 * with the expected probabilities stays below 1. A key that isn't expected gives Infinity.
 */
export function chiSquaredRatio(drawn: Iterable<string>, expected: ReadonlyMap<string, number>): number {
  const counts = new Map<string, number>();
  let total = 0;
  for (const key of drawn) {
    counts.set(key, (counts.get(key) ?? 0) + 1);
    total++;
  }
  if ([...counts.keys()].some((key) => !expected.has(key))) return Number.POSITIVE_INFINITY;
  const cells = [...expected].map(([key, p]) => ({ expected: p * total, count: counts.get(key) ?? 0 }));
  const rare = cells.filter((cell) => cell.expected < LEAST_EXPECTED);
  const common = cells.filter((cell) => cell.expected >= LEAST_EXPECTED);
  const rest = {
    expected: rare.reduce((sum, cell) => sum + cell.expected, 0),
    count: rare.reduce((sum, cell) => sum + cell.count, 0),
  };
  if (rest.expected >= LEAST_EXPECTED) common.push(rest);
  const statistic = common.reduce((sum, cell) => sum + (cell.count - cell.expected) ** 2 / cell.expected, 0);
  const freedom = common.length - 1;
  const spread = 2 / (9 * freedom);
  return statistic / (freedom * (1 - spread + QUANTILE * Math.sqrt(spread)) ** 3);
}
