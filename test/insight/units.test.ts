import { describe, expect, test } from 'vitest';
import { textFeatures } from '../../src/insight/features.ts';
import { project } from '../../src/insight/symbol-map.ts';
import { traceText } from '../../src/insight/trace.ts';
import { bestOfEachFeature, rankUnits, type UnitRank } from '../../src/insight/units.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { freshParameters } from '../../src/nn/initializers.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { wholeCorpus } from '../../src/text/split.ts';
import { SMALL, VARIANTS } from '../helpers/network.ts';
import { markovModel, memberOf, randomModel, stepperOf } from '../helpers/tiny-models.ts';
import { naiveNetwork } from './naive-network.ts';

function feature(text: string, name: string): number[] {
  const found = textFeatures([...text]).find((one) => one.name === name);
  return [...(found?.values ?? [])];
}

describe('features', () => {
  test('by hand', () => {
    expect(feature('ab\nc\n', 'position in line')).toEqual([1, 2, 0, 1, 0]);
    expect(feature('ab c', 'position in word')).toEqual([1, 2, 0, 1]);
    expect(feature('a bc d\ne', 'words in line')).toEqual([1, 1, 2, 2, 2, 3, 0, 1]);
    expect(feature('a "b" c', 'inside quotes')).toEqual([0, 0, 1, 1, 0, 0, 0]);
    expect(feature('“a” b', 'inside quotes')).toEqual([1, 1, 0, 0, 0]);
    expect(feature('f(a[1])', 'depth of brackets')).toEqual([0, 1, 1, 2, 2, 1, 0]);
    expect(feature('  a b\nc', 'indentation of line')).toEqual([1, 2, 2, 2, 2, 0, 0]);
    expect(feature('ab c', 'at word end')).toEqual([0, 1, 0, 0]); // what follows the last letter isn't known
    expect(feature('aB1.', 'upper case')).toEqual([0, 1, 0, 0]);
    expect(feature('a\n\nb', 'after blank line')).toEqual([0, 0, 1, 0]);
    expect(feature('A. b', 'position in sentence')).toEqual([1, 0, 1, 2]);
  });

  test('a quotation that was never closed ends with its paragraph', () => {
    expect(feature('"a\nb\n\nc', 'inside quotes')).toEqual([1, 1, 1, 1, 1, 0, 0]);
  });

  test('that never change are left out', () => {
    const names = textFeatures([...'abc']).map(({ name }) => name);
    expect(names).not.toContain('letter');
    expect(names).toContain('vowel');
  });
});

test('a unit that is a feature, or its opposite, ranks first, with r = ±1; one that never changes ranks last', () => {
  const text = 'an "old" cat\nsat, on "a" mat\n';
  const features = textFeatures([...text]);
  const quotes = features.find(({ name }) => name === 'inside quotes')!.values;
  const column = features.find(({ name }) => name === 'position in line')!.values;
  const activations = Float32Array.from(
    [...text].flatMap((_, at) => [0.5, -column[at]! / 20, quotes[at]!, Math.sin(at)]),
  );
  const trace = { ids: [...text].map(() => 0), surprisals: [], units: 4, activations };
  const ranks = rankUnits({ hidden: 2 }, trace, features);
  const [first, second, , last] = ranks;
  expect([first, second].map((rank) => [rank!.layer, rank!.unit, rank!.feature]).sort()).toEqual([
    [1, 2, 'position in line'],
    [2, 1, 'inside quotes'],
  ]);
  expect(ranks.find(({ index }) => index === 1)!.correlation).toBeCloseTo(-1, 6);
  expect(ranks.find(({ index }) => index === 2)!.correlation).toBeCloseTo(1, 6);
  expect(last).toEqual({ index: 0, layer: 1, unit: 1, feature: '', correlation: 0 });
});

test('what the symbol itself says counts for nothing: a unit that follows capitals tracks no feature', () => {
  const text = 'An old "Cat" sat.\nOn a "Mat" it sat.\n';
  const ids = [...text].map((symbol) => symbol.codePointAt(0)!);
  const features = textFeatures([...text]);
  const [capital, quotes] = ['upper case', 'inside quotes'].map((name) => feature(text, name));
  const activations = Float32Array.from(ids.flatMap((_, at) => [capital![at]!, 3 * capital![at]! - quotes![at]!]));
  const ranks = rankUnits({ hidden: 2 }, { ids, surprisals: [], units: 2, activations }, features);
  expect(ranks.map(({ unit, feature }) => [unit, feature])).toEqual([
    [2, 'inside quotes'],
    [1, ''],
  ]);
  expect(ranks[0]!.correlation).toBeCloseTo(-1, 6);
});

test('a table has so many units of each feature, and none that tracks nothing', () => {
  const rank = (index: number, feature: string, correlation: number): UnitRank => ({
    index,
    layer: 1,
    unit: index + 1,
    feature,
    correlation,
  });
  const ranks = [
    rank(0, 'a', 0.9),
    rank(1, 'a', -0.8),
    rank(2, 'a', 0.7),
    rank(3, 'b', 0.2),
    rank(4, 'c', 0.05),
    rank(5, '', 0),
  ];
  expect(bestOfEachFeature(ranks, 2).map(({ index }) => index)).toEqual([0, 1, 3]);
});

describe('a trace', () => {
  test.each(VARIANTS)('has the surprisals of the naive network, of each line by itself: $label', (variant) => {
    const corpus = corpusFromText('abba\nbad\ncab\n', { mode: 'lines' });
    const config: ModelConfig = { ...SMALL, ...variant, layers: 2, symbols: corpus.vocabulary.size };
    const parameters = freshParameters(config, 'trace');
    const trace = traceText(stepperOf({ config, parameters }, 1), wholeCorpus(corpus), 100);
    expect(corpus.vocabulary.decode(trace.ids)).toBe('abbabadcab');
    const naive = naiveNetwork(config, parameters);
    const starts = [0, 5, 9];
    for (const [at, id] of trace.ids.entries()) {
      const start = starts.findLast((first) => first <= at)!;
      const read = [corpus.vocabulary.stop!, ...trace.ids.slice(start, at)];
      expect(trace.surprisals[at]).toBeCloseTo(naive(read, id), 4);
    }
  });

  test('of a stream begins with a symbol that nothing predicts, and stops after as many as were asked for', () => {
    const corpus = corpusFromText('abcabcabc', { mode: 'stream' });
    const model = markovModel([
      [0, 9, 0],
      [0, 0, 9],
      [9, 0, 0],
    ]);
    const trace = traceText(stepperOf(model, 1), wholeCorpus(corpus), 5);
    expect(trace.ids).toEqual([0, 1, 2, 0, 1]);
    expect(trace.surprisals[0]).toBeNaN();
    for (const surprisal of trace.surprisals.slice(1)) expect(surprisal).toBeCloseTo(Math.log(1 + 2 * Math.exp(-9)), 6);
    // The units are the one-hot row of the symbol read.
    expect([...trace.activations]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0]);
  });

  test('of an LSTM has tanh c, and c is not h', () => {
    const corpus = corpusFromText('abcabcabc', { mode: 'stream' });
    const config: ModelConfig = { ...SMALL, cell: 'lstm', symbols: 3 };
    const stepper = stepperOf({ config, parameters: freshParameters(config, 'c') }, 1);
    const trace = traceText(stepper, wholeCorpus(corpus), 4);
    const [hidden, cell] = stepper.saveState(0);
    const last = [...trace.activations.slice(-SMALL.hidden)];
    for (const [unit, value] of last.entries()) {
      expect(value).toBeCloseTo(Math.tanh(cell![unit]!), 6);
      expect(Math.abs(value)).toBeGreaterThan(Math.abs(hidden![unit]!)); // h = o ⊙ tanh c, o < 1
    }
  });
});

test('a trace of an ensemble has its surprisals, and the units of its first member', () => {
  const corpus = corpusFromText('abcabcabc', { mode: 'stream' });
  const model = randomModel({ cell: 'lstm', layers: 2, members: 2, symbols: 3 }, 8);
  const [traced, first, second] = [model, memberOf(model, 0), memberOf(model, 1)].map((each) =>
    traceText(stepperOf(each, 1), wholeCorpus(corpus), 9),
  );
  expect(traced!.units).toBe(first!.units);
  expect(traced!.activations).toEqual(first!.activations);
  for (const [at, surprisal] of traced!.surprisals.entries()) {
    if (at === 0) continue;
    const mean = (Math.exp(-first!.surprisals[at]!) + Math.exp(-second!.surprisals[at]!)) / 2;
    expect(surprisal).toBeCloseTo(-Math.log(mean), 5);
  }
});

describe('principal components', () => {
  test('of points along a line in five dimensions are their places on it, and nothing across', () => {
    const direction = [3, 0, 4, 0, 0];
    const rows = [-2, -1, 0, 1, 2].map((t) => direction.map((value) => 7 + t * value));
    const { points, shares } = project(rows);
    expect(shares[0]).toBeCloseTo(1, 12);
    expect(shares[1]).toBeCloseTo(0, 12);
    expect(points.map(([x]) => x)).toEqual([-10, -5, 0, 5, 10].map((x) => expect.closeTo(x, 9)));
    for (const [, y] of points) expect(y).toBeCloseTo(0, 9);
  });

  test('keep distances of points that lie in a plane, with more dimensions than points and with fewer', () => {
    for (const dimensions of [2, 9]) {
      const rows = [
        [0, 0],
        [3, 0],
        [3, 4],
        [-1, 2],
      ].map(([a = 0, b = 0]) => Array.from({ length: dimensions }, (_, j) => (j === 0 ? a : j === 1 ? b : 5)));
      const { points, shares } = project(rows);
      expect(shares[0] + shares[1]).toBeCloseTo(1, 9);
      for (const i of rows.keys()) {
        for (const j of rows.keys()) {
          const between = Math.hypot(...rows[i]!.map((value, k) => value - rows[j]![k]!));
          expect(Math.hypot(points[i]![0] - points[j]![0], points[i]![1] - points[j]![1])).toBeCloseTo(between, 9);
        }
      }
    }
  });

  test('of equal points, and of one, are the origin', () => {
    expect(
      project([
        [1, 2],
        [1, 2],
      ]).points,
    ).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(project([[1, 2]]).points).toEqual([[0, 0]]);
  });
});
