import type { ScalarMap } from './scalar-map.ts';

/**
 * x ← x² + c. Its fixed points are (1 ± √(1 − 4c)) / 2, with the slopes 1 ± √(1 − 4c): two for c < 1/4, one for c = 1/4, none
 * for c > 1/4. A state that is farther from 0 than the larger fixed point grows without bound.
 */
export function quadraticMap(constant: number): ScalarMap {
  const root = Math.sqrt(1 - 4 * constant); // NaN where there is no fixed point
  const roots = Number.isNaN(root) ? [] : root === 0 ? [1 / 2] : [(1 - root) / 2, (1 + root) / 2];
  const widest = 1.25 * (roots.at(-1) ?? 1);
  return {
    formula: `x² ${constant < 0 ? '−' : '+'} ${Math.abs(constant)}`,
    state: 'x',
    range: [-widest, widest],
    step: (x) => x * x + constant,
    slope: (x) => 2 * x,
    roots: () => roots,
  };
}
