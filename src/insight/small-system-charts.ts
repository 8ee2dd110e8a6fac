import type { Chart, Point } from './chart.ts';
import { fixedPoints, gradient, type IteratedUnit, orbit, step } from './iterated-unit.ts';
import { gradientNorms, symmetricMatrix } from './linear-system.ts';

/** The start values that are drawn: 0, 0.01, …, 1. They include 0.5. */
const STARTS = Array.from({ length: 101 }, (_, index) => index / 100);

/** The charts of h ← σ(w·h + b): the phase plot, h_n against h_1, and ∂h_n/∂h_1 against h_1. */
export function iteratedUnitCharts(unit: IteratedUnit, steps: number): Chart[] {
  const start = { label: 'h_1', scale: 'linear', include: [0, 1] } as const;
  return [
    phasePlot(unit),
    {
      title: `State after ${steps - 1} steps`,
      x: start,
      y: { label: `h_${steps}`, scale: 'linear', include: [0, 1] },
      series: [
        { name: `h_${steps}`, kind: 'points', points: STARTS.map((h): Point => [h, orbit(unit, h, steps).at(-1)!]) },
      ],
    },
    {
      title: `Gradient through ${steps - 1} steps`,
      x: start,
      y: { label: `|∂h_${steps}/∂h_1|`, scale: 'log' },
      series: [
        {
          name: `|∂h_${steps}/∂h_1|`,
          kind: 'points',
          points: STARTS.map((h): Point => [h, Math.abs(gradient(unit, h, steps))]),
        },
      ],
    },
  ];
}

/**
 * f(h) against h. The curve crosses the diagonal at the fixed points. A fixed point is a sink if the curve is flatter than the diagonal
 * there, and a source if it is steeper.
 */
function phasePlot(unit: IteratedUnit): Chart {
  const points = fixedPoints(unit);
  const of = (wanted: 'sink' | 'source' | 'neutral'): Point[] =>
    points.filter(({ kind }) => kind === wanted).map(({ h }) => [h, h]);
  return {
    title: 'Phase plot',
    x: { label: 'h', scale: 'linear', include: [0, 1] },
    y: {
      label: `σ(${unit.weight}h ${unit.bias < 0 ? '−' : '+'} ${Math.abs(unit.bias)})`,
      scale: 'linear',
      include: [0, 1],
    },
    series: [
      { name: 'next state', kind: 'rule', points: STARTS.map((h): Point => [h, step(unit, h)]) },
      {
        name: 'same state',
        kind: 'rule',
        points: [
          [0, 0],
          [1, 1],
        ],
      },
      { name: 'sink', kind: 'points', points: of('sink') },
      { name: 'source', kind: 'points', points: of('source') },
      { name: 'neither', kind: 'points', points: of('neutral') },
    ].filter((series) => series.points.length > 0) as Chart['series'],
  };
}

/** ‖∂h_t/∂h_1‖ of h ← W h against t, for each of the larger eigenvalues of W. */
export function linearChart(eigenvalues: readonly number[], steps: number): Chart {
  return {
    title: 'Gradient through a linear system',
    x: { label: 't', scale: 'linear' },
    y: { label: '‖∂h_t/∂h_1‖', scale: 'log' },
    series: eigenvalues.map((eigenvalue) => ({
      name: `eigenvalue ${eigenvalue}`,
      points: gradientNorms(symmetricMatrix(eigenvalue), steps).map((norm, index): Point => [index + 1, norm]),
    })),
  };
}
