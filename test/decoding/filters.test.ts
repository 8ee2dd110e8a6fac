import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Chooser } from '../../src/decoding/choose.ts';
import {
  divideByTemperature,
  type FilterOptions,
  filter,
  keepMinP,
  keepTopK,
  keepTopP,
  keepTypical,
} from '../../src/decoding/filters.ts';
import { Random } from '../../src/random.ts';
import { chiSquaredRatio } from '../helpers/chi-squared.ts';

/** Which of these probabilities a filter keeps. */
function kept(probabilities: readonly number[], apply: (weights: Float64Array) => void): number[] {
  const weights = Float64Array.from(probabilities, Math.log);
  apply(weights);
  return [...weights.keys()].filter((id) => weights[id]! > Number.NEGATIVE_INFINITY);
}

/** The ids in the order in which they are kept: the first ones of a stable sort. */
function inOrder(values: readonly number[], before: (a: number, b: number) => number): number[] {
  return [...values.keys()].sort((a, b) => before(values[a]!, values[b]!) || a - b);
}

/** Small whole numbers, so that many probabilities are equal, and some are 0. */
const anyCounts = fc.array(fc.nat(5), { minLength: 1, maxLength: 40 }).filter((counts) => counts.some((n) => n > 0));

const P = [0.1, 0.45, 0.05, 0.25, 0.15];

describe('worked by hand', () => {
  test.each([
    [1, [1]],
    [2, [1, 3]],
    [4, [0, 1, 3, 4]],
    [5, [0, 1, 2, 3, 4]],
    [9, [0, 1, 2, 3, 4]],
  ])('top-k of %d keeps %j', (k, ids) => {
    expect(kept(P, (weights) => keepTopK(weights, k))).toEqual(ids);
  });

  test.each([
    [0.01, [1]], // the likeliest alone is enough
    [0.44, [1]],
    [0.46, [1, 3]], // 0.45 is less
    [0.69, [1, 3]],
    [0.71, [1, 3, 4]],
    [0.94, [0, 1, 3, 4]],
    [0.96, [0, 1, 2, 3, 4]],
  ])('top-p of %d keeps %j', (share, ids) => {
    expect(kept(P, (weights) => keepTopP(weights, share))).toEqual(ids);
  });

  test.each([
    [0, [0, 1, 2, 3, 4]],
    [0.2, [0, 1, 3, 4]], // from 0.09
    [0.3, [1, 3, 4]], // from 0.135
    [0.5, [1, 3]],
    [1, [1]],
  ])('min-p of %d keeps %j', (share, ids) => {
    expect(kept(P, (weights) => keepMinP(weights, share))).toEqual(ids);
  });

  // H = 1.3662 nats. Surprisals 2.303 0.799 2.996 1.386 1.897: distances 0.936 0.568 1.629 0.020 0.531.
  test.each([
    [0.01, [3]], // not the likeliest, but the most typical
    [0.24, [3]],
    [0.26, [3, 4]],
    [0.41, [1, 3, 4]],
    [0.86, [0, 1, 3, 4]],
    [0.96, [0, 1, 2, 3, 4]],
  ])('typical of %d keeps %j', (share, ids) => {
    expect(kept(P, (weights) => keepTypical(weights, share))).toEqual(ids);
  });

  test('temperature ½ squares the odds', () => {
    const weights = Float64Array.from([0.1, 0.4], Math.log);
    divideByTemperature(weights, 0.5);
    expect(Math.exp(weights[0]! - weights[1]!)).toBeCloseTo(1 / 16, 12);
  });

  test('of equals the smaller ids are kept', () => {
    const equal = [0.25, 0.25, 0.25, 0.25];
    expect(kept(equal, (weights) => keepTopK(weights, 2))).toEqual([0, 1]);
    expect(kept(equal, (weights) => keepTopP(weights, 0.6))).toEqual([0, 1, 2]);
    expect(kept(equal, (weights) => keepTypical(weights, 0.3))).toEqual([0, 1]);
  });

  test('top-k keeps the first k of all symbols, sorted by their probability', () => {
    fc.assert(
      fc.property(anyCounts, fc.integer({ min: 1, max: 45 }), (counts, k) => {
        const first = inOrder(counts, (a, b) => b - a).slice(0, k);
        const possible = first.filter((id) => counts[id]! > 0);
        expect(kept(counts, (weights) => keepTopK(weights, k))).toEqual(possible.sort((a, b) => a - b));
      }),
    );
  });

  test('top-p keeps the shortest beginning of this order that has the share', () => {
    fc.assert(
      // Shares between those that such counts can have.
      fc.property(anyCounts, fc.integer({ min: 0, max: 199 }), (counts, place) => {
        const total = counts.reduce((sum, count) => sum + count, 0);
        const wanted = ((place % total) + 0.5) / total;
        const order = inOrder(counts, (a, b) => b - a);
        let length = 0;
        for (let sum = 0; sum < wanted * total; length++) sum += counts[order[length]!]!;
        const first = order.slice(0, length).sort((a, b) => a - b);
        expect(kept(counts, (weights) => keepTopP(weights, wanted))).toEqual(first);
      }),
    );
  });

  test('each sees what the ones before it left: the order is temperature, top-k, top-p, min-p, typical', () => {
    const apply = (options: Partial<FilterOptions>) =>
      kept(P, (weights) => filter(weights, { temperature: 1, ...options }));
    // 0.45 and 0.25 become 0.643 and 0.357: without top-k before it, 0.64 of top-p would keep both.
    expect(apply({ topP: 0.64 })).toEqual([1, 3]);
    expect(apply({ topK: 2, topP: 0.64 })).toEqual([1]);
    // With τ = ½: 0.2025 and 0.0625 of 0.3.
    expect(apply({ temperature: 0.5, topP: 0.64 })).toEqual([1]);
    // Of 0.643 and 0.357 (H = 0.652) the likeliest is the most typical.
    expect(apply({ topP: 0.64, typical: 0.1 })).toEqual([1]);
    expect(apply({ typical: 0.1 })).toEqual([3]);
  });
});

const options: fc.Arbitrary<FilterOptions> = fc.record(
  {
    temperature: fc.constantFrom(0.3, 1, 2),
    topK: fc.integer({ min: 1, max: 12 }),
    topP: fc.double({ min: 0.01, max: 1, noNaN: true }),
    minP: fc.double({ min: 0, max: 1, noNaN: true }),
    typical: fc.double({ min: 0.01, max: 1, noNaN: true }),
  },
  { requiredKeys: ['temperature'] },
);
const rows = fc.array(fc.oneof(fc.constant(Number.NEGATIVE_INFINITY), fc.double({ min: -50, max: 0, noNaN: true })), {
  minLength: 1,
  maxLength: 10,
});

test('filters leave at least one, and bring nothing back', () => {
  fc.assert(
    fc.property(rows, options, (row, given) => {
      const weights = Float64Array.from(row);
      filter(weights, given);
      const left = [...weights.keys()].filter((id) => weights[id]! > Number.NEGATIVE_INFINITY);
      for (const id of left) expect(row[id]).toBeGreaterThan(Number.NEGATIVE_INFINITY);
      const any = row.some((weight) => weight > Number.NEGATIVE_INFINITY);
      expect(left.length > 0).toBe(any);
      if (given.topK !== undefined) expect(left.length).toBeLessThanOrEqual(given.topK);
    }),
    { numRuns: 500 },
  );
});

describe('what is drawn after a filter follows the probabilities that it leaves (χ², p > 0.001)', () => {
  const cases: (Partial<FilterOptions> & { ids: number[] })[] = [
    { ids: [0, 1, 2, 3, 4] },
    { topK: 3, ids: [1, 3, 4] },
    { topP: 0.71, ids: [1, 3, 4] },
    { minP: 0.2, ids: [0, 1, 3, 4] },
    { typical: 0.41, ids: [1, 3, 4] },
    { typical: 0.26, ids: [3, 4] },
  ];
  test.each(cases)('%j', ({ ids, ...given }) => {
    const chooser = new Chooser(P.length, { temperature: 1, ...given });
    const random = new Random('filters');
    const logits = Float32Array.from(P, Math.log);
    const drawn = Array.from({ length: 20_000 }, () => String(chooser.choose(logits, random)!.id));
    const sum = ids.reduce((total, id) => total + P[id]!, 0);
    expect(chiSquaredRatio(drawn, new Map(ids.map((id) => [String(id), P[id]! / sum])))).toBeLessThan(1);
  });
});
