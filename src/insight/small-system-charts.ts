import type { Chart, Point, Series } from './chart.ts';
import { fixedPoints, gradient, orbit, phaseArrows, type ScalarMap } from './scalar-map.ts';

/** Starts drawn: a hundred and one, evenly, so that the middle is among them. */
const STARTS = 101;

/** What happens to x ← f(x): the graph of f, the phase line, x_n by x_1, and ∂x_n/∂x_1 by x_1; and the iterations from some starts. */
export function scalarMapCharts(map: ScalarMap, steps: number, starts: readonly number[]): Chart[] {
  const { state, range } = map;
  const all = startsOf(map);
  const start = { label: `${state}_1`, scale: 'linear', include: range } as const;
  const last = `${state}_${steps}`;
  return [
    graphOf(map),
    phasePlot(map),
    ...(starts.length > 0 ? [iterations(map, steps, starts)] : []),
    {
      title: `State after ${steps - 1} steps`,
      x: start,
      y: { label: last, scale: 'linear', include: [0, 1] },
      series: [{ name: last, kind: 'points', points: all.map((x): Point => [x, orbit(map, x, steps).at(-1)!]) }],
    },
    {
      title: `Gradient through ${steps - 1} steps`,
      x: start,
      y: { label: `|∂${last}/∂${state}_1|`, scale: 'log' },
      series: [
        {
          name: `|∂${last}/∂${state}_1|`,
          kind: 'points',
          points: all.map((x): Point => [x, Math.abs(gradient(map, x, steps))]),
        },
      ],
    },
  ];
}

function startsOf({ range: [low, high] }: ScalarMap): number[] {
  return Array.from({ length: STARTS }, (_, index) => low + ((high - low) * index) / (STARTS - 1));
}

/** f(x) against x: it crosses the diagonal at the fixed points, a sink where it is flatter than the diagonal, a source where it is steeper. */
function graphOf(map: ScalarMap): Chart {
  const { state, range, formula } = map;
  return {
    title: 'Graph of f',
    x: { label: state, scale: 'linear', include: range },
    y: { label: formula, scale: 'linear', include: range },
    series: [
      { name: 'next state', kind: 'rule', points: startsOf(map).map((x): Point => [x, map.step(x)]) },
      { name: 'same state', kind: 'rule', points: range.map((x): Point => [x, x]) },
      ...pointsByKind(map, (at) => [at, at]),
    ],
  };
}

/** The line of states, with the fixed points and arrows that say which way states move: the notes' phase plot. */
function phasePlot(map: ScalarMap): Chart {
  const arrows = phaseArrows(map);
  return {
    title: 'Phase plot',
    x: { label: map.state, scale: 'linear', include: map.range },
    y: { label: '', scale: 'linear', include: [-1, 1] },
    series: [
      { name: 'states', kind: 'rule', points: map.range.map((x): Point => [x, 0]) },
      {
        name: 'moves',
        kind: 'labels',
        points: arrows.map(({ at }): Point => [at, 0]),
        labels: arrows.map(({ sign }) => sign),
      },
      ...pointsByKind(map, (at) => [at, 0]),
    ],
  };
}

function pointsByKind(map: ScalarMap, place: (at: number) => Point): Series[] {
  const points = fixedPoints(map);
  const named = { sink: 'sink', source: 'source', neutral: 'neither' } as const;
  return (['sink', 'source', 'neutral'] as const).flatMap((wanted) => {
    const found = points.filter(({ kind }) => kind === wanted);
    return found.length > 0 ? [{ name: named[wanted], kind: 'points', points: found.map(({ at }) => place(at)) }] : [];
  });
}

/** x_t by t from each start, as far as it is finite. */
function iterations(map: ScalarMap, steps: number, starts: readonly number[]): Chart {
  const { state } = map;
  // A state that has left for infinity would leave the others no room.
  const bound = 4 * Math.max(...map.range.map(Math.abs), ...starts.map(Math.abs));
  return {
    title: 'Iterations',
    x: { label: 't', scale: 'linear', whole: true },
    y: { label: `${state}_t`, scale: 'linear', include: [0] },
    series: starts.map((first) => {
      const states = orbit(map, first, steps);
      const left = states.findIndex((x) => !(Math.abs(x) <= bound));
      const shown = left < 0 ? states : states.slice(0, left);
      return { name: `${state}_1 = ${first}`, points: shown.map((x, index): Point => [index + 1, x]) };
    }),
  };
}

/** Norms by t, one curve a system. */
export function normChart(
  title: string,
  norm: string,
  curves: readonly { readonly name: string; readonly norms: readonly number[] }[],
): Chart {
  return {
    title,
    x: { label: 't', scale: 'linear', whole: true },
    y: { label: norm, scale: 'log' },
    series: curves.map(({ name, norms }) => ({ name, points: norms.map((value, index): Point => [index + 1, value]) })),
  };
}
