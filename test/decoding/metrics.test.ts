import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupTargets, sequenceAccuracy, tagAccuracy } from '../../src/decoding/accuracy.ts';
import { confusionOf } from '../../src/decoding/confusion.ts';
import { editDistance } from '../../src/decoding/edit-distance.ts';

describe('edit distance', () => {
  test.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', 'acb', 2],
    ['flaw', 'lawn', 2],
  ])('of %j and %j is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  const texts = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 7 });

  /** The definition, case by case. */
  function naive(a: readonly number[], b: readonly number[]): number {
    if (a.length === 0 || b.length === 0) return a.length + b.length;
    const [restA, restB] = [a.slice(1), b.slice(1)];
    if (a[0] === b[0]) return naive(restA, restB);
    return 1 + Math.min(naive(restA, b), naive(a, restB), naive(restA, restB));
  }

  test('equals the recursive definition, either way round', () => {
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(editDistance(a, b)).toBe(naive(a, b));
        expect(editDistance(Int32Array.from(b), a)).toBe(naive(a, b));
      }),
    );
  });
});

describe('the accuracy of sequences', () => {
  test('counts those that are right, and symbol errors over target symbols', () => {
    const found = sequenceAccuracy([
      { predicted: 'abc', targets: ['abc'] },
      { predicted: 'abd', targets: ['abc'] }, // 1 error of 3
      { predicted: '', targets: ['ab'] }, // 2 of 2
      { predicted: 'xabc', targets: ['abc'] }, // 1 of 3
    ]);
    expect(found).toEqual({ count: 4, hits: 1, accuracy: 0.25, symbolErrorRate: 4 / 11 });
  });

  test('of several targets, any is a hit, and the nearest is what errors are counted by', () => {
    const found = sequenceAccuracy([
      { predicted: 'ab', targets: ['xyz', 'ab'] },
      { predicted: 'abcd', targets: ['a', 'abcx', 'abxd'] }, // 1 of 4
    ]);
    expect(found).toEqual({ count: 2, hits: 1, accuracy: 0.5, symbolErrorRate: 1 / 6 });
  });

  test('of nothing is not a number', () => {
    expect(sequenceAccuracy([])).toEqual({ count: 0, hits: 0, accuracy: Number.NaN, symbolErrorRate: Number.NaN });
  });

  test('pairs of one source are put together in their order', () => {
    const pairs = [
      { source: 'b', target: 1 },
      { source: 'a', target: 2 },
      { source: 'b', target: 3 },
    ];
    expect(groupTargets(pairs, (source) => source)).toEqual([
      { source: 'b', targets: [1, 3] },
      { source: 'a', targets: [2] },
    ]);
  });
});

test('the accuracy of tags is counted by step and by sequence', () => {
  const found = tagAccuracy([
    { predicted: [1, 2, 3], target: [1, 2, 3] },
    { predicted: [1, 1], target: [1, 2] },
    { predicted: [4], target: [5] },
  ]);
  const counts = { steps: 6, stepHits: 4, sequences: 3, sequenceHits: 1 };
  expect(found).toEqual({ ...counts, byStep: 4 / 6, bySequence: 1 / 3 });
});

describe('the confusion matrix', () => {
  // target → predicted: 0→0 three times, 0→1 once, 1→1 twice, 1→0 twice, 2→1 once; 3 is never seen.
  const PAIRS = [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 1],
    [1, 1],
    [1, 1],
    [1, 0],
    [1, 0],
    [2, 1],
  ].map(([target, predicted]) => ({ target: target!, predicted: predicted! }));
  const found = confusionOf(4, PAIRS);

  test('has a row for each target and a column for each prediction', () => {
    expect(found.matrix).toEqual([
      [3, 1, 0, 0],
      [2, 2, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 0, 0],
    ]);
    expect(found).toMatchObject({ total: 9, accuracy: 5 / 9 });
  });

  test('gives precision, recall and F1 of each label', () => {
    expect(found.labels).toEqual([
      { label: 0, support: 4, predicted: 5, precision: 3 / 5, recall: 3 / 4, f1: 2 / 3 },
      { label: 1, support: 4, predicted: 4, precision: 1 / 2, recall: 1 / 2, f1: 1 / 2 },
      { label: 2, support: 1, predicted: 0, precision: 0, recall: 0, f1: 0 },
      { label: 3, support: 0, predicted: 0, precision: 0, recall: 0, f1: 0 },
    ]);
  });

  test('macro-F1 is the mean over labels that are a target or a prediction', () => {
    expect(found.macroF1).toBeCloseTo((2 / 3 + 1 / 2 + 0) / 3, 15);
  });
});
