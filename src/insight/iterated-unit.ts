import type { Activation } from '../nn/cells/options.ts';
import type { ScalarMap } from './scalar-map.ts';

/** The states are divided into this many pieces, and each is searched for a root. f(h) − h has at most three roots. */
const PIECES = 1000;
const HALVINGS = 60;

/** Activations whose states lie between two numbers. */
export const SQUASHING_NAMES = ['logistic', 'tanh'] as const satisfies readonly Activation[];
export type SquashingName = (typeof SQUASHING_NAMES)[number];

/** σ of a unit: its name in a formula, its states, and its derivative as a function of its value. */
interface Squashing {
  readonly name: string;
  readonly range: readonly [number, number];
  readonly of: (a: number) => number;
  readonly slopeAt: (value: number) => number;
}

const SQUASHINGS: Readonly<Record<SquashingName, Squashing>> = {
  logistic: { name: 'σ', range: [0, 1], of: (a) => 1 / (1 + Math.exp(-a)), slopeAt: (h) => h * (1 - h) },
  tanh: { name: 'tanh', range: [-1, 1], of: Math.tanh, slopeAt: (h) => 1 - h * h },
};

/**
 * One unit that feeds itself, without any input: h ← σ(w·h + b), where σ is the logistic function or tanh. The lecture notes' unit is the
 * logistic one with w = 6, b = −3.
 */
export function iteratedUnit(weight: number, bias: number, activation: SquashingName = 'logistic'): ScalarMap {
  const { name, range, of, slopeAt } = SQUASHINGS[activation];
  const step = (h: number): number => of(weight * h + bias);
  return {
    formula: `${name}(${weight}h ${bias < 0 ? '−' : '+'} ${Math.abs(bias)})`,
    state: 'h',
    range,
    step,
    slope: (h) => weight * slopeAt(step(h)),
    roots: () => rootsIn(range, (h) => step(h) - h),
  };
}

/** All roots in an open range, ascending. A root at which the function does not change its sign is found only at the end of a piece. */
function rootsIn([from, to]: readonly [number, number], excess: (h: number) => number): number[] {
  const roots: number[] = [];
  const place = (piece: number): number => from + ((to - from) * piece) / PIECES;
  for (let piece = 0; piece < PIECES; piece++) {
    const [low, high] = [place(piece), place(piece + 1)];
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
