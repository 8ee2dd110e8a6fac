import { grouped } from '../counts.ts';
import { bestPoint, type History, type HistoryPoint } from '../training/history.ts';
import type { Chart, Point, Series } from './chart.ts';

/** A run whose curves are drawn. */
export interface Run {
  readonly name: string;
  readonly history: History;
}

/** The quantities of a history that can be drawn. */
export const QUANTITIES = ['loss', 'accuracy', 'gradient', 'clipped', 'rate', 'update', 'gates'] as const;
export type Quantity = (typeof QUANTITIES)[number];

/** What the x axis of a chart shows. */
export const ABSCISSAE = ['step', 'epoch'] as const;
export type Abscissa = (typeof ABSCISSAE)[number];

/** One curve of each run: its name, and its value at a point of the history (undefined if the point has none). */
interface Curve {
  readonly label: string;
  readonly of: (point: HistoryPoint) => number | undefined;
  /** Whether the point of the best model is marked. */
  readonly marksBest?: boolean;
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
      { label: 'validation', of: ({ validation }) => validation, marksBest: true },
    ],
  },
  accuracy: {
    title: 'Accuracy',
    axis: 'share that is right',
    scale: 'linear',
    curves: [{ label: 'validation', of: ({ accuracy }) => accuracy, marksBest: true }],
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
    axis: 'η at a step',
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

/** The share of a gate, averaged over all layers. */
function meanSaturation({ saturation }: HistoryPoint, gate: string, which: 'low' | 'high'): number | undefined {
  const shares = (saturation ?? []).flatMap((layer) =>
    layer.filter((one) => one.gate === gate).map((one) => one[which]),
  );
  return shares.length > 0 ? shares.reduce((sum, share) => sum + share, 0) / shares.length : undefined;
}

/**
 * A chart of one quantity, for one or more runs. A point is a point of the history: a mean over the steps since the point before, drawn
 * at the step or epoch where these steps end. A curve without any value is left out.
 */
export function learningCurves(runs: readonly Run[], quantity: Quantity, by: Abscissa): Chart {
  const { title, axis, scale, include, curves } = DESCRIPTIONS[quantity];
  const series = runs.flatMap((run) =>
    curves.map((curve): Series => {
      const points = pointsOf(run, curve, by);
      const ring = curve.marksBest ? ringAtBest(run, curve, by) : undefined;
      return { name: nameOf(run, curve, runs, curves), points, ...(ring && { ring }) };
    }),
  );
  return {
    title,
    x: by === 'step' ? { label: 'step (updates)', scale: 'linear', whole: true } : { label: 'epoch', scale: 'linear' },
    y: { label: axis, scale, ...(include ? { include } : {}) },
    series: series.filter(({ points }) => points.length > 0),
  };
}

/** A ring around the run's best model, and its place in the run; undefined where no model before the last is the best. */
function ringAtBest({ history }: Run, curve: Curve, by: Abscissa): Series['ring'] {
  const [best, last] = [bestPoint(history), history.at(-1)];
  const value = best && curve.of(best);
  if (best === undefined || value === undefined || best === last) return undefined;
  const [at, of] = [best.step, last!.step].map(grouped);
  return { at: [best[by], value], label: `best at step ${at} of ${of}` };
}

function pointsOf({ history }: Run, { of }: Curve, by: Abscissa): Point[] {
  return history.flatMap((point): Point[] => {
    const value = of(point);
    return value === undefined ? [] : [[point[by], value]];
  });
}

/** A short name for a series: the curve's name if there is one run, the run's name if there is one curve, else both. */
function nameOf(run: Run, { label }: Curve, runs: readonly Run[], curves: readonly Curve[]): string {
  if (runs.length === 1) return label;
  return curves.length === 1 ? run.name : `${run.name}, ${label}`;
}
