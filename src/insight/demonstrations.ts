import * as z from 'zod';
import { message, option, UsageError } from '../errors.ts';
import { parseOptions } from '../schema.ts';
import type { Chart } from './chart.ts';
import { iteratedUnit, SQUASHING_NAMES } from './iterated-unit.ts';
import {
  eigenvalueSizes,
  forwardMagnitudes,
  gradientNorms,
  type Matrix2,
  symmetricMatrix,
  type Vector2,
} from './linear-system.ts';
import { quadraticMap } from './quadratic-map.ts';
import { drawPhaseLine, fixedPoints, gradient, orbit, type ScalarMap } from './scalar-map.ts';
import { normChart, scalarMapCharts } from './small-system-charts.ts';
import type { Table } from './table.ts';

/** Greater numbers overflow within a few steps, and a curve of infinities shows nothing. */
const number = z.number().min(-1000).max(1000);
const steps = z.int().min(2).max(10_000).default(100).describe('n of the last state, h_n or x_n');
const start = z.array(number).max(16).default([]).describe('draw the iterations from these states');

/** What each demonstration may be told. An option of another demonstration is refused. */
export const demonstrationSchemas = {
  'iterated-unit': z.strictObject({
    weight: number.default(6).describe('w of h ← σ(w·h + b)'),
    bias: number.default(-3).describe('b of h ← σ(w·h + b)'),
    activation: z.enum(SQUASHING_NAMES).default('logistic').describe('σ of h ← σ(w·h + b)'),
    start,
    steps,
  }),
  quadratic: z.strictObject({ constant: number.default(0.15).describe('c of x ← x² + c'), start, steps }),
  linear: z.strictObject({
    eigenvalue: z
      .array(number)
      .min(1)
      .max(16)
      .optional()
      .describe('the larger eigenvalue of a symmetric W, for each curve; 0.9, 1 and 1.1 if not given'),
    matrix: z.array(number).optional().describe('W of 2 × 2, row by row, in place of the eigenvalues'),
    input: z.array(number).default([1, 0]).describe('U x of the first step: the state that it leaves'),
    steps,
  }),
} as const;

export type DemonstrationName = keyof typeof demonstrationSchemas;
export const DEMONSTRATIONS = Object.keys(demonstrationSchemas) as [DemonstrationName, ...DemonstrationName[]];

/** Drawings and numbers of a small system. */
export interface Demonstration {
  readonly title: string;
  readonly charts: readonly Chart[];
  readonly tables: readonly Table[];
  /** The phase line in so many characters, of a system of one number. */
  readonly phaseLine?: (width: number) => string;
}

/** One of the lecture notes' small systems, in which gradients vanish and explode. UsageError for an option that it does not have. */
export function demonstrate(name: DemonstrationName, options: Readonly<Record<string, unknown>>): Demonstration {
  const { shape } = demonstrationSchemas[name];
  const stranger = Object.keys(options).find((key) => !(key in shape));
  if (stranger !== undefined) {
    throw new UsageError(message`${option(stranger)} is no option of ${name}; leave it out`);
  }
  if (name === 'linear') return demonstrateLinear(parseOptions(demonstrationSchemas.linear, options));
  if (name === 'quadratic') {
    const { constant, ...rest } = parseOptions(demonstrationSchemas.quadratic, options);
    return demonstrateMap('The quadratic map', quadraticMap(constant), rest);
  }
  const { weight, bias, activation, ...rest } = parseOptions(demonstrationSchemas['iterated-unit'], options);
  return demonstrateMap('The iterated unit', iteratedUnit(weight, bias, activation), rest);
}

/** Starts in the table, as shares of the range, besides those that are asked for. */
const SHARES = [0, 0.25, 0.49, 0.5, 0.51, 0.75, 1];

function demonstrateMap(
  title: string,
  map: ScalarMap,
  options: { readonly start: readonly number[]; readonly steps: number },
): Demonstration {
  const [low, high] = map.range;
  const starts = options.start.length > 0 ? options.start : SHARES.map((share) => low + share * (high - low));
  const { state } = map;
  const last = `${state}_${options.steps}`;
  const points = fixedPoints(map).map(({ at, slope, kind }) => [at.toFixed(4), slope.toFixed(4), kind]);
  return {
    title,
    charts: scalarMapCharts(map, options.steps, options.start),
    tables: [
      {
        title: `Fixed points of ${state} ← ${map.formula}`,
        header: ['fixed point', 'slope there', 'kind'],
        rows: points.length > 0 ? points : [['none', '', '']],
      },
      {
        title: `From ${state}_1 to ${last}`,
        header: [`${state}_1`, last, `∂${last}/∂${state}_1`],
        rows: starts.map((first) => [
          String(Number(first.toPrecision(6))),
          decimal(orbit(map, first, options.steps).at(-1)!),
          gradient(map, first, options.steps).toExponential(2),
        ]),
      },
    ],
    phaseLine: (width) => drawPhaseLine(map, width),
  };
}

function decimal(value: number): string {
  return Number.isFinite(value) && Math.abs(value) < 1e6 ? value.toFixed(4) : String(value.toPrecision(3));
}

/** Steps in the table. */
const SHOWN_STEPS = [1, 2, 10, 50];

function demonstrateLinear(options: {
  readonly eigenvalue?: readonly number[] | undefined;
  readonly matrix?: readonly number[] | undefined;
  readonly input: readonly number[];
  readonly steps: number;
}): Demonstration {
  const { eigenvalue, matrix, steps: count } = options;
  if (matrix && eigenvalue) {
    throw new UsageError(message`${option('matrix')} and ${option('eigenvalue')} both say what W is; give one of them`);
  }
  const input = vectorOf(options.input);
  const systems = matrix
    ? [{ name: `W = ${matrix.join(' ')}`, matrix: matrixOf(matrix) }]
    : (eigenvalue ?? [0.9, 1, 1.1]).map((value) => ({ name: `eigenvalue ${value}`, matrix: symmetricMatrix(value) }));
  const curves = (norms: (of: Matrix2) => number[]) =>
    systems.map(({ name, matrix: of }) => ({ name, norms: norms(of) }));
  const backward = curves((of) => gradientNorms(of, count));
  const forward = curves((of) => forwardMagnitudes(of, input, count));
  const [gradientNorm, magnitude] = ['‖∂h_t/∂h_1‖', '‖W^(t−1) U x‖'];
  return {
    title: 'The linear system',
    charts: [
      normChart('Gradient through a linear system', gradientNorm, backward),
      normChart('Forward magnitude of the first input', magnitude, forward),
    ],
    tables: [
      {
        title: 'Eigenvalues of W',
        header: ['W', '|λ₁|', '|λ₂|'],
        rows: systems.map(({ name, matrix: of }) => [name, ...eigenvalueSizes(of).map((size) => size.toFixed(4))]),
      },
      normTable(gradientNorm, backward, count),
      normTable(magnitude, forward, count),
    ],
  };
}

function matrixOf(numbers: readonly number[]): Matrix2 {
  const [a, b, c, d] = numbers;
  if (numbers.length === 4 && a !== undefined && b !== undefined && c !== undefined && d !== undefined) {
    return [
      [a, b],
      [c, d],
    ];
  }
  throw new UsageError(
    message`${option('matrix')} must be the 4 numbers of a 2 × 2 matrix, row by row, not ${numbers.length}`,
  );
}

function vectorOf(numbers: readonly number[]): Vector2 {
  const [a, b] = numbers;
  if (numbers.length === 2 && a !== undefined && b !== undefined) return [a, b];
  throw new UsageError(message`${option('input')} must be 2 numbers, not ${numbers.length}`);
}

function normTable(
  title: string,
  curves: readonly { readonly name: string; readonly norms: readonly number[] }[],
  count: number,
): Table {
  const shown = [...new Set([...SHOWN_STEPS.filter((t) => t <= count), count])];
  return {
    title,
    header: ['W', ...shown.map((t) => `t = ${t}`)],
    rows: curves.map(({ name, norms }) => [name, ...shown.map((t) => norms[t - 1]!.toExponential(2))]),
  };
}
