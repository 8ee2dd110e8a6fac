import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rankLabels, sampleLabels } from '../../src/decoding/labels.ts';
import { languageOf } from '../../src/decoding/language.ts';
import { PairReader } from '../../src/decoding/pair-reader.ts';
import type { ModelOptions } from '../../src/nn/config.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';
import { chiSquaredRatio } from '../helpers/chi-squared.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { VARIANTS } from '../helpers/network.ts';
import { randomPairModel, SOURCE_SYMBOLS, WholePairRun } from '../helpers/pair-models.ts';
import { JS } from '../helpers/tiny-models.ts';
import { logProbabilityOf } from '../helpers/whole-run.ts';

/** Logits of up to 4 positions over up to 4 labels. */
const positions = fc
  .record({ labels: fc.integer({ min: 1, max: 4 }), length: fc.integer({ min: 1, max: 4 }) })
  .chain(({ labels, length }) =>
    fc.array(
      fc
        .array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: labels, maxLength: labels })
        .map((row) => Float32Array.from(row)),
      { minLength: length, maxLength: length },
    ),
  );

/** Every sequence of labels with its log-probability, the best first. */
function enumerate(logits: readonly Float32Array[]): { ids: number[]; logProbability: number }[] {
  let all: { ids: number[]; logProbability: number }[] = [{ ids: [], logProbability: 0 }];
  for (const position of logits) {
    all = all.flatMap(({ ids, logProbability }) =>
      [...position].map((_, id) => ({
        ids: [...ids, id],
        logProbability: logProbability + logProbabilityOf([...position], id),
      })),
    );
  }
  return all.sort((a, b) => b.logProbability - a.logProbability);
}

describe('the ranking of labels', () => {
  test('is that of all sequences, written out and sorted', () => {
    fc.assert(
      fc.property(
        positions,
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(0, 1),
        (logits, count, lengthPenalty) => {
          const found = rankLabels(logits, { count, lengthPenalty });
          const all = enumerate(logits);
          const sums = new Map(all.map(({ ids, logProbability }) => [ids.join(''), logProbability]));
          expect(new Set(found.map(({ ids }) => ids.join(''))).size).toBe(Math.min(count, all.length));
          for (const [rank, { ids, logProbability, score, symbols, finished }] of found.entries()) {
            expect(logProbability).toBeCloseTo(sums.get(ids.join(''))!, 9);
            expect(logProbability).toBeCloseTo(all[rank]!.logProbability, 9); // equal ones may change places
            expect({ symbols, finished }).toEqual({ symbols: logits.length, finished: true });
            expect(score).toBe(logProbability / logits.length ** lengthPenalty);
          }
        },
      ),
    );
  });

  test('puts the smaller label first where two are equally likely', () => {
    expect(rankLabels([Float32Array.of(1, 2, 1, 2)], { count: 4 }).map(({ ids }) => ids[0])).toEqual([1, 3, 0, 2]);
  });

  test('under a constraint is that of the sequences that meet it', () => {
    const vocabulary = Vocabulary.build(new Map([...'abcd'].map((letter) => [letter, 1])), {
      unit: 'codepoint',
      minCount: 1,
      stop: false,
    });
    const pattern = fc.constantFrom('a*b*c*d*', '(ab|[cd])*', '[^a]*a[^a]*', '.*(aa|b).*');
    fc.assert(
      fc.property(positions, pattern, fc.integer({ min: 1, max: 40 }), (logits, match, count) => {
        fc.pre(logits[0]!.length === vocabulary.size);
        const found = rankLabels(logits, { count, language: languageOf({ match }, vocabulary) });
        const wanted = new RegExp(`^(${match})$`, 'u');
        const all = enumerate(logits).filter(({ ids }) => wanted.test(vocabulary.decode(ids)));
        expect(found).toHaveLength(Math.min(count, all.length));
        for (const [rank, { ids, logProbability }] of found.entries()) {
          expect(vocabulary.decode(ids)).toMatch(wanted);
          expect(logProbability).toBeCloseTo(all[rank]!.logProbability, 9);
        }
      }),
    );
  });
});

test('sequences of labels are drawn with their probabilities, and the index decides the draw (χ², p > 0.001)', () => {
  const logits = [Float32Array.of(0, 1, -1), Float32Array.of(2, 0, 1)];
  const options = { temperature: 1, seed: 3 };
  const drawn = Array.from({ length: 5000 }, (_, index) => sampleLabels(logits, options, index));
  const expected = enumerate(logits).map(({ ids, logProbability }): [string, number] => [
    ids.join(''),
    Math.exp(logProbability),
  ]);
  expect(
    chiSquaredRatio(
      drawn.map(({ ids }) => ids.join('')),
      new Map(expected),
    ),
  ).toBeLessThan(1);
  expect(sampleLabels(logits, options, 77)).toEqual(drawn[77]);
  const logs = new Map(expected);
  for (const { ids, logProbability } of drawn.slice(0, 20)) {
    expect(logProbability).toBeCloseTo(Math.log(logs.get(ids.join(''))!), 6);
  }
});

const NETWORKS: readonly ModelOptions[] = [{ layers: 2, embedding: 3 }, { members: 3 }];

const CASES = VARIANTS.flatMap(({ label, ...variant }) =>
  (['tag', 'classify'] as const).flatMap((task) =>
    NETWORKS.flatMap((network) =>
      [
        { bidirectional: true },
        { bidirectional: true, fusion: 'tanh' as const },
        { bidirectional: false },
        { bidirectional: false, reverseSource: true },
      ].map((pairs) => ({
        task,
        label: `${task}, ${label}, ${JSON.stringify(network)}, ${JSON.stringify(pairs)}`,
        options: { ...variant, ...network, pairs: { task, ...pairs } } as ModelOptions,
      })),
    ),
  ),
);

/** Sources of all lengths, some longer than the reader has room for at first. */
const SOURCES = Array.from({ length: 90 }, (_, at) =>
  Array.from({ length: at === 50 ? 150 : 1 + ((at * 11) % 20) }, (_, i) => (i * i + at) % SOURCE_SYMBOLS),
);

describe.each(CASES)('labels of many sources, $label', ({ task, options }) => {
  const model = randomPairModel(options, 23, { scale: 1 });
  const reader = new PairReader(JS, model.config, model.parameters);

  test('have the logits of each source alone, to the bit, and the log-probabilities of one forward pass, < 1e-6', () => {
    const together = reader.labelLogits(SOURCES);
    const alone = new PairReader(JS, model.config, model.parameters);
    const run = new WholePairRun(model, 150, task === 'tag' ? 150 : 1);
    for (const at of [0, 1, 20, 50, 89]) {
      const source = SOURCES[at]!;
      expect(together[at]).toEqual(alone.labelLogits([source])[0]);
      const steps = task === 'tag' ? source.length : 1;
      const logs = run.logs(source, Array<number>(steps).fill(0));
      expect(together[at]).toHaveLength(steps);
      for (const [step, logits] of together[at]!.entries()) {
        for (const [id, log] of logs[step]!.entries()) {
          expect(Math.abs(logProbabilityOf([...logits], id) - log)).toBeLessThan(1e-6);
        }
      }
    }
  });

  test('have the losses that ranking gives, difference < 1e-5', () => {
    const sources = SOURCES.slice(0, 8);
    const best = reader.labelLogits(sources).map((logits) => rankLabels(logits, { count: 1 })[0]!);
    const losses = reader.losses(sources.map((source, at) => ({ source, target: best[at]!.ids })));
    for (const [at, { logProbability, ids }] of best.entries()) {
      expect(losses[at]).toHaveLength(ids.length);
      expect(Math.abs(losses[at]!.reduce((sum, loss) => sum + loss, 0) + logProbability)).toBeLessThan(1e-5);
    }
  });
});

describe('a reader of pairs', () => {
  test('wants a tag for each symbol, and labels of a tagger or a classifier only', () => {
    const read = (task: 'tag' | 'classify' | 'transduce') => {
      const { config, parameters } = randomPairModel({ pairs: { task } }, 1);
      return new PairReader(JS, config, parameters);
    };
    expect(() => read('tag').losses([{ source: [1, 2], target: [1] }])).toThrow(
      'a target of 2 labels is needed, not of 1',
    );
    expect(() => read('classify').losses([{ source: [1, 2], target: [1, 2] }])).toThrow('not of 2');
    expect(() => read('transduce').labelLogits([[1]])).toThrow('a transducer has no labels');
  });

  test('says so where a probability is not a number', () => {
    const { config, parameters } = randomPairModel({ pairs: { task: 'classify' } }, 1);
    const reader = new PairReader(
      JS,
      config,
      parameters.map(() => Number.NaN),
    );
    expect(() => reader.losses([{ source: [1], target: [1] }])).toThrow('probabilities are not numbers');
  });

  test.each(KERNEL_CHOICES)('gives a pair the same losses whatever is beside it, to the bit, $name', (choice) => {
    for (const task of ['tag', 'classify', 'transduce'] as const) {
      const { config, parameters } = randomPairModel({ hidden: 9, layers: 2, pairs: { task } }, 2);
      const pairs = SOURCES.map((source, at) => ({
        source,
        target: source.slice(0, task === 'classify' ? 1 : task === 'tag' ? source.length : at % 7).map((id) => id % 3),
      }));
      const losses = new PairReader(choice, config, parameters).losses(pairs);
      for (const at of [3, 50, 89]) {
        expect(losses[at]).toEqual(new PairReader(choice, config, parameters).losses([pairs[at]!])[0]);
      }
    }
  });
});
