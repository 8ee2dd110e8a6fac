import type { GradientFlow } from '../../browser/index.ts';
import type { Chart, Point, Series } from '../../insight/chart.ts';
import { flowChart } from '../../insight/flow-charts.ts';

const STEP = { label: 'step (updates)', scale: 'linear', whole: true } as const;

/** The loss of a run by its steps, and the loss of guessing among the symbols: ln V. */
export function lossChart(training: readonly Point[], validation: readonly Point[], symbols: number): Chart {
  const last = Math.max(1, ...[training, validation].map((points) => points.at(-1)?.[0] ?? 0));
  const guess = Math.log(symbols);
  const series: Series[] = [
    { name: 'training', kind: 'rule', points: training },
    { name: `guessing: ln ${symbols}`, kind: 'rule', points: [0, last].map((step): Point => [step, guess]) },
    ...(validation.length > 0 ? [{ name: 'held out', points: validation }] : []),
  ];
  return {
    title: 'Loss',
    x: { ...STEP, include: [0] },
    y: { label: 'nats a symbol', scale: 'linear', include: [0] },
    series,
  };
}

/** The share of a task's answers that are right, by the steps of the run. */
export function answersChart(right: readonly Point[]): Chart {
  return {
    title: 'Answers that are right',
    x: { ...STEP, include: [0] },
    y: { label: 'share', scale: 'linear', include: [0, 1] },
    series: [{ name: 'right', points: right }],
  };
}

/** The gradient flow of a network, and of the same one before training. */
export function flowComparison(now: GradientFlow, before: GradientFlow | undefined): Chart {
  const chart = flowChart({ name: 'by lag', layers: now.layers });
  const earlier = before ? flowChart({ name: '', layers: before.layers }).series : [];
  return {
    ...chart,
    series: [
      ...chart.series,
      ...earlier.map((series): Series => ({ ...series, name: `${series.name}, before`, kind: 'rule' })),
    ],
  };
}
