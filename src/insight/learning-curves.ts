import type { History, HistoryPoint } from '../training/history.ts';
import type { Chart, Point, Series } from './chart.ts';

/** A run whose curves are drawn. */
export interface Run {
  readonly name: string;
  readonly history: History;
}

/** What can be drawn of a history. */
export const QUANTITIES = ['loss', 'gradient', 'clipped', 'rate', 'update', 'gates'] as const;
export type Quantity = (typeof QUANTITIES)[number];

/** What a history is drawn against. */
export const ABSCISSAE = ['step', 'epoch'] as const;
export type Abscissa = (typeof ABSCISSAE)[number];

/** A curve of each run, or several: what it is called besides the run, and its number at a point, where there is one. */
interface Curve {
  readonly label: string;
  readonly of: (point: HistoryPoint) => number | undefined;
}

interface Description {
  readonly title: string;
  readonly axis: string;
  readonly scale: 'linear' | 'log';
  readonly include?: readonly number[];
  readonly curves: readonly Curve[];
}

const DESCRIPTIONS: Readonly<Record<Quantity, Description>> = {
  loss: {
    title: 'Loss',
    axis: 'nats a symbol',
    scale: 'linear',
    curves: [
      { label: 'training', of: ({ loss }) => loss },
      { label: 'validation', of: ({ validation }) => validation },
    ],
  },
  gradient: {
    title: 'Gradient',
    axis: 'norm before clipping',
    scale: 'log',
    curves: [{ label: 'gradient norm', of: ({ gradientNorm }) => gradientNorm }],
  },
  clipped: {
    title: 'Clipping',
    axis: 'share of steps clipped',
    scale: 'linear',
    include: [0, 1],
    curves: [{ label: 'clipped', of: ({ clipped }) => clipped }],
  },
  rate: {
    title: 'Learning rate',
    axis: 'learning rate',
    scale: 'linear',
    include: [0],
    curves: [{ label: 'learning rate', of: ({ rate }) => rate }],
  },
  update: {
    title: 'Updates',
    axis: '‖Δθ‖ / ‖θ‖ of an update',
    scale: 'log',
    curves: [{ label: 'update-to-weight ratio', of: ({ updateRatio }) => updateRatio }],
  },
  gates: {
    title: 'Saturated gates',
    axis: 'share of activations',
    scale: 'linear',
    include: [0, 1],
    curves: ['i', 'f', 'o', 'r', 'z'].flatMap((gate): Curve[] => [
      { label: `${gate} > 0.9`, of: (point) => meanSaturation(point, gate, 'high') },
      { label: `${gate} < 0.1`, of: (point) => meanSaturation(point, gate, 'low') },
    ]),
  },
};

/** Of a gate over all layers. */
function meanSaturation({ saturation }: HistoryPoint, gate: string, which: 'low' | 'high'): number | undefined {
  const shares = (saturation ?? []).flatMap((layer) =>
    layer.filter((one) => one.gate === gate).map((one) => one[which]),
  );
  return shares.length > 0 ? shares.reduce((sum, share) => sum + share, 0) / shares.length : undefined;
}

/**
 * A chart of one quantity of one or more runs, point by point as their histories have it: means since the point before, at the step or the epoch
 * of its end. Curves that no point has a number for are left out.
 */
export function learningCurves(runs: readonly Run[], quantity: Quantity, by: Abscissa): Chart {
  const { title, axis, scale, include, curves } = DESCRIPTIONS[quantity];
  const series = runs.flatMap((run) =>
    curves.map((curve): Series => ({ name: nameOf(run, curve, runs, curves), points: pointsOf(run, curve, by) })),
  );
  return {
    title,
    x: { label: by === 'step' ? 'step (updates)' : 'epoch', scale: 'linear' },
    y: { label: axis, scale, ...(include ? { include } : {}) },
    series: series.filter(({ points }) => points.length > 0),
  };
}

function pointsOf({ history }: Run, { of }: Curve, by: Abscissa): Point[] {
  return history.flatMap((point): Point[] => {
    const value = of(point);
    return value === undefined ? [] : [[point[by], value]];
  });
}

/** As short as it tells: of one run, the curve; of one curve, the run. */
function nameOf(run: Run, { label }: Curve, runs: readonly Run[], curves: readonly Curve[]): string {
  if (runs.length === 1) return label;
  return curves.length === 1 ? run.name : `${run.name}, ${label}`;
}
