import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countedMarginals, exactMarginals, independentTexts } from '../../src/decoding/marginals.ts';
import { randomModel, recitingModel, stepperOf } from '../helpers/tiny-models.ts';
import { WholeRun } from '../helpers/whole-run.ts';

describe('exact marginals', () => {
  test('are the sums over all texts, written out', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 4 }), fc.constantFrom(undefined, 0), (seed, length, stop) => {
        const model = randomModel({ symbols: 3 }, seed);
        const run = new WholeRun(model, 2 + length);
        const prompt = [0, 1];
        const expected = Array.from({ length }, () => new Float64Array(4));
        const grow = (ids: readonly number[]): void => {
          for (let id = 0; id < 3; id++) {
            const longer = [...ids, id];
            const p = Math.exp(run.logProbability(prompt, longer));
            if (longer.length === length || id === stop) {
              for (let t = 0; t < length; t++) expected[t]![longer[t] ?? 3]! += p;
            } else grow(longer);
          }
        };
        grow([]);
        const { positions, missing } = exactMarginals(stepperOf(model, 81), { prompt, length, stop, most: 81 });
        expect(missing).toBeLessThan(1e-9);
        for (const [t, position] of positions.entries()) {
          for (const [id, p] of position.entries()) expect(p).toBeCloseTo(expected[t]![id]!, 9);
          expect(position.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('tell how much they leave out, where there are too many beginnings', () => {
    const model = randomModel({ symbols: 3 }, 5);
    const { positions, missing } = exactMarginals(stepperOf(model, 4), { prompt: [0], length: 5, stop: 0, most: 4 });
    expect(missing).toBeGreaterThan(0.01);
    const last = positions.at(-1)!.reduce((sum, p) => sum + p, 0);
    expect(last + missing).toBeGreaterThan(1 - 1e-9);
    expect(last).toBeLessThan(1);
  });

  test('of a model that knows one text are that text', () => {
    const model = recitingModel([1, 2, 0], 3);
    const marginals = exactMarginals(stepperOf(model, 8), { prompt: [0], length: 6, stop: 0, most: 8 });
    expect(independentTexts(marginals, { seed: 1, stop: 0 }).next().value).toEqual([1, 2]);
  });
});

test('counted marginals are shares, and texts that are over count as over', () => {
  const { positions } = countedMarginals(
    [
      [1, 0],
      [2, 2, 0],
      [1, 2, 0],
      [1, 0],
    ],
    3,
  );
  expect(positions.map((position) => [...position])).toEqual([
    [0, 0.75, 0.25, 0],
    [0.5, 0, 0.5, 0],
    [0.5, 0, 0, 0.5],
  ]);
});

test('independent texts have the symbols of their marginals, and no regard for each other (seed 1)', () => {
  // Of the texts 11 and 22, a position has 1 or 2, and half of the drawn texts are 12 or 21.
  const marginals = countedMarginals(
    [
      [1, 1],
      [2, 2],
    ],
    3,
  );
  const drawn = independentTexts(marginals, { seed: 1, stop: undefined });
  const counts = new Map<string, number>();
  for (let text = 0; text < 4000; text++) {
    const key = drawn.next().value.join('');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual(['11', '12', '21', '22']);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
