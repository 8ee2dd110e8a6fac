import { describe, expect, test } from 'vitest';
import { Manifest } from '../../src/nn/manifest.ts';
import type { Recipe } from '../../src/training/complete-recipe.ts';
import { checkpointOf, LINES, RECIPE, run, STREAM, textOf } from '../helpers/training.ts';

/** Every step is watched and saved. */
const WATCHED: Partial<Recipe> = { validateEvery: 1, limits: { steps: 6 } };

const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

describe('the update-to-weight ratio', () => {
  test.each([{ corpus: STREAM }, { corpus: LINES }])(
    'is ‖θ_k − θ_{k−1}‖ / ‖θ_{k−1}‖ of the saved parameters ($corpus.mode)',
    async ({ corpus }) => {
      const { kept, reports } = await run(corpus, WATCHED);
      const saved = kept.filter(({ kind }) => kind === 'last').map(({ checkpoint }) => checkpoint.parameters);
      expect(saved).toHaveLength(6);
      for (let step = 1; step < saved.length; step++) {
        const before = saved[step - 1]!;
        const change = saved[step]!.map((value, j) => value - before[j]!);
        expect(reports[step]!.point.updateRatio! / (norm(change) / norm(before))).toBeCloseTo(1, 5);
      }
    },
  );

  test('is in every report, and in the last one of a run whose number of steps is known', async () => {
    const { reports } = await run(STREAM, { validateEvery: 5, limits: { steps: 12 } });
    expect(reports.map(({ point }) => [point.step, point.updateRatio !== undefined])).toEqual([
      [5, true],
      [10, true],
      [12, true],
    ]);
  });
});

describe('saturated gates', () => {
  test.each([
    { cell: 'lstm', gates: ['i', 'f', 'o'] },
    { cell: 'gru', gates: ['r', 'z'] },
    { cell: 'rnn', gates: [] },
  ] as const)('are shares of each layer’s logistic gates: $cell', async ({ cell, gates }) => {
    const { reports } = await run(LINES, { ...WATCHED, model: { ...RECIPE.model, cell, layers: 2 } });
    const { saturation } = reports.at(-1)!.point;
    const expected = gates.length > 0 ? [gates, gates] : [];
    expect(saturation!.map((layer) => layer.map(({ gate }) => gate))).toEqual(expected);
    for (const { low, high } of saturation!.flat()) {
      for (const share of [low, high, low + high]) expect(share).toBeGreaterThanOrEqual(0);
      expect(low + high).toBeLessThanOrEqual(1);
    }
  });

  test('are counted: here, large biases hold some shut and some open', async () => {
    const first = await run(STREAM, { ...WATCHED, rate: 1e-9, limits: { steps: 1 } });
    const { checkpoint } = first.last;
    const { hidden } = checkpoint.model;
    const { offset } = new Manifest(checkpoint.model).view('layers.0.bias');
    checkpoint.parameters.fill(-50, offset, offset + hidden); // i
    checkpoint.parameters.fill(50, offset + hidden, offset + 2 * hidden); // f
    const resume = checkpointOf(textOf(checkpoint));
    const recipe = { ...WATCHED, rate: 1e-9, limits: { steps: 2 } };
    const { reports } = await run(STREAM, recipe, { resume });
    const [input, forget, output] = reports.at(-1)!.point.saturation![0]!;
    expect(input).toEqual({ gate: 'i', low: 1, high: 0 });
    expect(forget).toEqual({ gate: 'f', low: 0, high: 1 });
    expect(output!.low + output!.high).toBeLessThan(0.5);
  });
});

test.each([STREAM, LINES])('a watched run computes what an unwatched run does ($mode)', async (corpus) => {
  const watched = await run(corpus, { ...WATCHED, validateEvery: 1 });
  const unwatched = await run(corpus, { ...WATCHED, validateEvery: 6 });
  expect(watched.last.checkpoint.parameters).toEqual(unwatched.last.checkpoint.parameters);
  expect([...watched.last.checkpoint.resume!.tensors]).toEqual([...unwatched.last.checkpoint.resume!.tensors]);
});
