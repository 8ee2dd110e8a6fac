import type { ScalarMap } from './scalar-map.ts';

/** [0, 1] is divided into this many pieces, and each is searched for a root. f(h) − h has at most three roots. */
const PIECES = 1000;
const HALVINGS = 60;

/** One logistic unit that feeds itself, without any input: h ← σ(w·h + b). The lecture notes' unit has w = 6, b = −3. */
export function iteratedUnit(weight: number, bias: number): ScalarMap {
  const step = (h: number): number => 1 / (1 + Math.exp(-(weight * h + bias)));
  return {
    formula: `σ(${weight}h ${bias < 0 ? '−' : '+'} ${Math.abs(bias)})`,
    state: 'h',
    range: [0, 1],
    step,
    slope: (h) => weight * step(h) * (1 - step(h)),
    roots: () => rootsIn01((h) => step(h) - h),
  };
}

/** All roots in (0, 1), ascending. A root at which the function does not change its sign is found only at the end of a piece. */
function rootsIn01(excess: (h: number) => number): number[] {
  const roots: number[] = [];
  for (let piece = 0; piece < PIECES; piece++) {
    const [low, high] = [piece / PIECES, (piece + 1) / PIECES];
    if (excess(low) === 0) roots.push(low);
    else if (excess(low) * excess(high) < 0) roots.push(bisect(excess, low, high));
  }
  return roots;
}

function bisect(f: (x: number) => number, low: number, high: number): number {
  let [a, b] = [low, high];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (a + b) / 2;
    if (f(a) * f(middle) <= 0) b = middle;
    else a = middle;
  }
  return (a + b) / 2;
}
