/** One logistic unit whose only input is its own output: h ← σ(w·h + b). */
export interface IteratedUnit {
  readonly weight: number;
  readonly bias: number;
}

/** The unit of the lecture notes, h ← σ(6h − 3). */
export const NOTES_UNIT: IteratedUnit = { weight: 6, bias: -3 };

/** A fixed point: f(h) = h. */
export interface FixedPoint {
  readonly h: number;
  /** f'(h) = w·h·(1 − h). */
  readonly slope: number;
  /** |f'| < 1 is a sink: states near it come nearer. |f'| > 1 is a source: states near it move away. |f'| = 1 is neither, to first order. */
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

/** ∂h_n/∂h_1 = Π f'(h_t) for t = 1, …, n − 1. This is the chain rule, as in backpropagation. */
export function gradient(unit: IteratedUnit, first: number, count: number): number {
  return orbit(unit, first, count - 1).reduce((product, h) => product * slope(unit, h), 1);
}

/** [0, 1] is divided into this many pieces, and each is searched for a root. f(h) − h has at most three roots. */
const PIECES = 1000;
const HALVINGS = 60;

/** A difference between |f'| and 1 that is smaller than this counts as 0. */
const NEUTRAL = 1e-6;

/**
 * All fixed points in ascending order. They lie in (0, 1), because f does. A root where f(h) − h touches 0 without a change of sign is found
 * only if it is the end of a piece.
 */
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
