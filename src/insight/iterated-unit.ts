/** One logistic unit that feeds itself: h ← σ(w·h + b), without any input. */
export interface IteratedUnit {
  readonly weight: number;
  readonly bias: number;
}

/** The lecture notes' unit, h ← σ(6h − 3). */
export const NOTES_UNIT: IteratedUnit = { weight: 6, bias: -3 };

/** A point that the iteration leaves as it is. */
export interface FixedPoint {
  readonly h: number;
  /** f'(h) = w·h·(1 − h). */
  readonly slope: number;
  /** |f'| < 1: states near it come nearer, a sink; > 1: they are driven away, a source; = 1: neither, to first order. */
  readonly kind: 'sink' | 'source' | 'neutral';
}

/** f(h) = σ(w·h + b). */
export function step({ weight, bias }: IteratedUnit, h: number): number {
  return 1 / (1 + Math.exp(-(weight * h + bias)));
}

/** f'(h) = w·f(h)·(1 − f(h)). */
export function slope(unit: IteratedUnit, h: number): number {
  const next = step(unit, h);
  return unit.weight * next * (1 - next);
}

/** h_1, h_2, …, h_n. */
export function orbit(unit: IteratedUnit, first: number, count: number): number[] {
  const states = [first];
  while (states.length < count) states.push(step(unit, states.at(-1)!));
  return states;
}

/** ∂h_n/∂h_1 = Π f'(h_t) for t = 1, …, n − 1: by the chain rule, as backpropagation has it. */
export function gradient(unit: IteratedUnit, first: number, count: number): number {
  return orbit(unit, first, count - 1).reduce((product, h) => product * slope(unit, h), 1);
}

/** Pieces of [0, 1] that are searched for a root each: f(h) − h has at most three. */
const PIECES = 1000;
const HALVINGS = 60;

/** |f'| this near to 1 is taken for 1. */
const NEUTRAL = 1e-6;

/** All fixed points, ascending. Every one lies in (0, 1), as f does; a root that f(h) − h only touches is found where a piece ends at it. */
export function fixedPoints(unit: IteratedUnit): FixedPoint[] {
  const excess = (h: number): number => step(unit, h) - h;
  const roots: number[] = [];
  for (let piece = 0; piece < PIECES; piece++) {
    const [low, high] = [piece / PIECES, (piece + 1) / PIECES];
    if (excess(low) === 0) roots.push(low);
    else if (excess(low) * excess(high) < 0) roots.push(bisect(excess, low, high));
  }
  return roots.map((h) => {
    const its = slope(unit, h);
    const neutral = Math.abs(Math.abs(its) - 1) < NEUTRAL;
    return { h, slope: its, kind: neutral ? 'neutral' : Math.abs(its) < 1 ? 'sink' : 'source' };
  });
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
