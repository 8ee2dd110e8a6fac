import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Chart, scaleOf } from '../../src/insight/chart.ts';
import { escapeMarkup, escapeScript } from '../../src/insight/escape.ts';
import { learningCurves } from '../../src/insight/learning-curves.ts';
import { inlineSvg, toSvg } from '../../src/insight/svg.ts';
import { readRun } from '../../src/training/record.ts';
import { LINES, run } from '../helpers/training.ts';
import { readSvg } from './svg-numbers.ts';

function chartOf(points: readonly (readonly [number, number])[], log: { x?: boolean; y?: boolean } = {}): Chart {
  const scale = (of: boolean | undefined) => (of ? 'log' : 'linear');
  return {
    title: 'A chart',
    x: { label: 'x', scale: scale(log.x) },
    y: { label: 'y', scale: scale(log.y) },
    series: [{ name: 'one', points }],
  };
}

/** Half of a drawn hundredth of 500, by the axis. */
const NEAR = 2e-3;

describe('an SVG drawn from a run', () => {
  test('has the numbers of its checkpoint: read back by its axes, they are those of the history', async () => {
    const told = await run(LINES, { validation: 0.2, validateEvery: 2, limits: { steps: 12 } });
    const { history } = readRun(told.last.checkpoint, 'test');
    const runs = [{ name: 'a', history }];
    const [training, validation] = readSvg(toSvg([learningCurves(runs, 'loss', 'step')]));
    expect([training!.name, validation!.name]).toEqual(['training', 'validation']);
    expect(training!.points).toHaveLength(history.length);
    for (const [index, { step, loss, validation: held }] of history.entries()) {
      expect(training!.points[index]![0]).toBeCloseTo(step, 1);
      expect(training!.points[index]![1]).toBeCloseTo(loss, 2);
      expect(validation!.points[index]![1]).toBeCloseTo(held!, 2);
    }
    const [gradient] = readSvg(toSvg([learningCurves(runs, 'gradient', 'epoch')]), { y: true });
    for (const [index, { epoch, gradientNorm }] of history.entries()) {
      expect(gradient!.points[index]![0]).toBeCloseTo(epoch, 2);
      expect(gradient!.points[index]![1]! / gradientNorm).toBeCloseTo(1, 2);
    }
  });

  test.each([{}, { x: true }, { y: true }, { x: true, y: true }])(
    'of any points gives them back, axes $x $y logarithmic (property, 60 runs)',
    (log) => {
      const value = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
      fc.assert(
        fc.property(fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 12 }), (points) => {
          const spread = (at: 0 | 1): number =>
            Math.max(...points.map((p) => p[at])) / Math.min(...points.map((p) => p[at]));
          fc.pre(spread(0) > 1.5 && spread(1) > 1.5);
          const chart = chartOf(points, log);
          fc.pre([0, 1].every((dimension) => scaleOf(chart, dimension as 0 | 1, 6).ticks.length > 1));
          const [read] = readSvg(toSvg([chart]), log);
          for (const dimension of [0, 1] as const) {
            const { range } = scaleOf(chart, dimension, 6);
            const isLog = dimension === 0 ? log.x : log.y;
            for (const [index, point] of points.entries()) {
              const found = read!.points[index]![dimension];
              const error = isLog
                ? Math.abs(Math.log(found / point[dimension])) / Math.log(range[1] / range[0])
                : Math.abs(found - point[dimension]) / (range[1] - range[0]);
              expect(error).toBeLessThan(NEAR);
            }
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  test('tells series apart in grey: no two of twelve have the same dashes, marks or colours', () => {
    const series = Array.from({ length: 12 }, (_, index) => ({
      name: `run ${index}`,
      points: [
        [0, index],
        [1, index],
      ] as const,
    }));
    const svg = toSvg([{ ...chartOf([]), series }]);
    const lines = [
      ...svg.matchAll(/<path class="line" [^>]*?(stroke="#\w+")[^>]*?(?:(stroke-dasharray="[^"]*")|\/>)/g),
    ];
    const styles = lines.map(([, colour, dash = 'solid']) => [colour, dash]);
    expect(new Set(styles.map(([colour]) => colour)).size).toBe(12);
    expect(new Set(styles.map(([, dash]) => dash)).size).toBe(12);
    const marks = [...svg.matchAll(/<path class="mark" [^>]*? d="([^"]*)"/g)].map(([, shape]) => shape);
    expect(new Set(marks).size).toBe(12);
    for (const { name } of series) expect(svg).toContain(`>${name}</text>`);
  });

  test('has room for the title of the y axis beside every label of its ticks', () => {
    const rows = [1e-4, 2e-5, 8e6].map((largest) => {
      const svg = toSvg([
        chartOf([
          [0, 0],
          [1, largest],
        ]),
      ]); // prettier
      const [, left] = /<g transform="translate\((\d+) 34\)">/.exec(svg)!;
      const [, title] = /class="y-label" transform="translate\((-?[\d.]+) /.exec(svg)!;
      const longest = Math.max(
        ...[...svg.matchAll(/text-anchor="end"[^>]*>([^<]*)</g)].map(([, label]) => label!.length),
      );
      return { title: Number(left) + Number(title), labels: Number(left) - 8 - 6.8 * longest };
    });
    // Of a font of 12 pixels, a line of text reaches 8 pixels to each side of its middle, and a digit is 6.8 wide.
    for (const { title, labels } of rows) {
      expect(title).toBeGreaterThanOrEqual(8);
      expect(title + 8).toBeLessThanOrEqual(labels);
    }
  });

  test('labels an axis of whole numbers by these alone', () => {
    const chart = {
      ...chartOf([
        [0, 1],
        [1, 2],
      ]),
      x: { label: 'lag', scale: 'linear', whole: true } as const,
    };
    expect(scaleOf(chart, 0, 8).ticks.map(({ label }) => label)).toEqual(['0', '1']);
    const long = {
      ...chart,
      series: [
        {
          name: 'a',
          points: [
            [0, 1],
            [3000, 2],
          ] as const,
        },
      ],
    };
    expect(scaleOf(long, 0, 4).ticks.map(({ label }) => label)).toEqual(['0', '1,000', '2,000', '3,000']);
  });

  test('breaks a title that is wider than the chart, and makes room for its lines', () => {
    const title = 'Gradient of the loss by place in the source, numbers';
    const [whole, broken] = ['Gradient', title].map((each) => inlineSvg({ ...chartOf([[0, 1]]), title: each }));
    const heightOf = (svg: string): number => Number(/viewBox="0 0 440 (\d+)"/.exec(svg)![1]);
    const lines = [...broken!.matchAll(/y="(\d+)" font-size="15" font-weight="600"[^>]*>([^<]*)</g)];
    expect(lines.map(([, y, line]) => [Number(y), line])).toEqual([
      [20, 'Gradient of the loss by place in the'],
      [38, 'source, numbers'],
    ]);
    expect(broken).toContain(`aria-label="${title}"`);
    expect(heightOf(broken!)).toBe(heightOf(whole!) + 18);
  });

  test('has its title, and the labels of both axes', () => {
    const svg = inlineSvg(learningCurves([{ name: 'a', history: [] }], 'gradient', 'step'));
    for (const text of ['Gradient', 'step (updates)', 'norm before clipping']) expect(svg).toContain(`>${text}</text>`);
  });

  test('leaves out what a logarithmic axis can’t show', () => {
    const [read] = readSvg(
      toSvg([
        chartOf(
          [
            [0, 1],
            [1, 0],
            [2, Number.NaN],
            [3, 100],
            [4, -1],
          ],
          { y: true },
        ),
      ]),
      { y: true },
    );
    expect(read!.points.map(([x]) => Math.round(x))).toEqual([0, 3]);
  });

  test('of no points, and of one, is drawn all the same', () => {
    for (const log of [{}, { y: true }]) {
      expect(toSvg([chartOf([], log)])).not.toMatch(/NaN|Infinity/);
      expect(toSvg([chartOf([[3, 7]], log)])).not.toMatch(/NaN|Infinity/);
    }
  });
});

describe('names of runs', () => {
  const point = { step: 1, epoch: 1, loss: 2, gradientNorm: 1, clipped: 0, rate: 0.1 };
  const names = (runs: { name: string; history: (typeof point)[] }[], quantity: 'loss' | 'rate'): string[] =>
    learningCurves(runs, quantity, 'step').series.map(({ name }) => name);

  test('are given where there are several, with the curve where there are several of those', () => {
    const [a, b] = ['a', 'b'].map((name) => ({ name, history: [{ ...point, validation: 3 }] }));
    expect(names([a!], 'loss')).toEqual(['training', 'validation']);
    expect(names([a!, b!], 'loss')).toEqual(['a, training', 'a, validation', 'b, training', 'b, validation']);
    expect(names([a!, b!], 'rate')).toEqual(['a', 'b']);
  });
});

test('the accuracy of a run that it selects has a curve, with a ring around the best model', () => {
  const point = { epoch: 1, loss: 2, gradientNorm: 1, clipped: 0, rate: 0.1, validation: 2 };
  const history = [0.5, 0.75, 0.25].map((accuracy, at) => ({ ...point, step: at + 1, accuracy }));
  const { series } = learningCurves([{ name: 'a', history }], 'accuracy', 'step');
  expect(series).toEqual([
    {
      name: 'validation',
      points: [
        [1, 0.5],
        [2, 0.75],
        [3, 0.25],
      ],
      ring: { at: [2, 0.75], label: 'best at step 2 of 3' },
    },
  ]);
  expect(learningCurves([{ name: 'a', history: [{ ...point, step: 1 }] }], 'accuracy', 'step').series).toEqual([]);
});

test('saturated gates are drawn as means over layers, of those gates that a cell has', () => {
  const layers = [[{ gate: 'r', low: 0.2, high: 0.4 }], [{ gate: 'r', low: 0.4, high: 0.1 }]];
  const point = { step: 5, epoch: 1, loss: 2, gradientNorm: 1, clipped: 0, rate: 0.1, saturation: layers };
  const { series } = learningCurves([{ name: 'a', history: [point] }], 'gates', 'step');
  expect(series.map(({ name, points }) => [name, points])).toEqual([
    ['r > 0.9', [[5, 0.25]]],
    ['r < 0.1', [[5, expect.closeTo(0.3, 12)]]],
  ]);
});

describe('escaping', () => {
  test('leaves nothing of markup', () => {
    expect(escapeMarkup(`<b a="1" c='2'>&\u0000\n`)).toBe('&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\u{fffd}\n');
  });

  test('of JSON for a script keeps its meaning, and can end no script (property)', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '/', '>', '!', '-', 'script', '\u2028', '&', '"', '\\') }),
        (text) => {
          const escaped = escapeScript(JSON.stringify({ text }));
          expect(JSON.parse(escaped)).toEqual({ text });
          expect(escaped).not.toMatch(/[<>&\u2028\u2029]/);
        },
      ),
    );
  });
});

test('no number of a history, however large or small, makes a drawing with NaN or Infinity in it', () => {
  const size = fc.constantFrom(1e308, -1e308, 1.7976931348623157e308, 1e300, 1e17, 1, 0, -1, 1e-17, 1e-300, 5e-324);
  const number = fc.oneof(size, fc.double({ noNaN: true }), fc.double({ min: 1, max: 1.000000000000001, noNaN: true }));
  const point = fc.tuple(number, number);
  fc.assert(
    fc.property(fc.array(point, { maxLength: 5 }), fc.boolean(), fc.boolean(), (points, x, y) => {
      expect(toSvg([chartOf(points, { x, y })])).not.toMatch(/NaN|Infinity/);
    }),
    { numRuns: 300 },
  );
});
