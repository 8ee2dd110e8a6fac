import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Constraint } from '../../src/decoding/constraint.ts';
import { logSoftmax } from '../../src/decoding/log-softmax.ts';
import { PairReader } from '../../src/decoding/pair-reader.ts';
import { readPrompt } from '../../src/decoding/prompt.ts';
import { type SampleOptions, sampleTexts } from '../../src/decoding/sample.ts';
import { Stops } from '../../src/decoding/stops.ts';
import { beamTargets, sampleTargets } from '../../src/decoding/transduce.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';
import { chiSquaredRatio } from '../helpers/chi-squared.ts';
import {
  randomPairModel,
  SOURCE_SYMBOLS,
  TARGET_SYMBOLS,
  TRANSDUCER_CASES,
  TRANSDUCERS,
  WholePairRun,
} from '../helpers/pair-models.ts';
import { JS, stepperOf, type TinyModel } from '../helpers/tiny-models.ts';

const STOPS = new Stops(0);
const LENGTH = 4;

const source = fc.array(fc.nat(SOURCE_SYMBOLS - 1), { minLength: 1, maxLength: 6 });
const sources = fc.array(source, { minLength: 1, maxLength: 9 });

/** A relu RNN's units die, and targets are equally likely then. */
const SMOOTH = TRANSDUCER_CASES.filter(({ options }) => options.activation === 'tanh');
const models = fc
  .record({ given: fc.constantFrom(...SMOOTH), seed: fc.nat() })
  .map(({ given, seed }) => randomPairModel(given.options, seed, { scale: 3 }));

/** Every target of at most LENGTH symbols with its end, and the sum of the log-probabilities that one forward pass gives. */
function enumerate(
  model: TinyModel,
  symbols: readonly number[],
): { over: Map<string, number>; cut: Map<string, number> } {
  const run = new WholePairRun(model, symbols.length, LENGTH);
  const over = new Map<string, number>();
  const cut = new Map<string, number>();
  const grow = (ids: readonly number[]): void => {
    for (let id = 0; id < TARGET_SYMBOLS; id++) {
      const longer = [...ids, id];
      if (id === 0) over.set(longer.join(''), run.logProbability(symbols, longer));
      else if (longer.length === LENGTH) cut.set(longer.join(''), run.logProbability(symbols, longer));
      else grow(longer);
    }
  };
  grow([]);
  return { over, cut };
}

const searchOptions = (width: number) => ({
  prompt: [0],
  width,
  length: LENGTH,
  finished: width,
  lengthPenalty: 1,
  stops: STOPS,
});

describe('beam search over the targets of a transducer', () => {
  test('finds all that exhaustive search finds, if it is wide enough, with the sums of one forward pass', () => {
    fc.assert(
      fc.property(models, source, (model, symbols) => {
        const width = TARGET_SYMBOLS ** LENGTH;
        const options = { ...searchOptions(width), finished: Number.POSITIVE_INFINITY };
        const [found] = [...beamTargets(stepperOf(model, width), options, [symbols])];
        const { over, cut } = enumerate(model, symbols);
        const all = new Map([...over, ...cut]);
        expect(found!.map(({ ids }) => ids.join('')).sort()).toEqual([...all.keys()].sort());
        for (const { ids, logProbability, finished, score } of found!) {
          const text = ids.join('');
          expect(finished).toBe(over.has(text));
          expect(Math.abs(logProbability - all.get(text)!)).toBeLessThan(1e-5);
          expect(score).toBeCloseTo(logProbability / ids.length, 12);
        }
        const ended = found!.filter(({ finished }) => finished).map(({ score }) => score);
        expect(ended).toEqual(ended.toSorted((a, b) => b - a));
      }),
      { numRuns: 40 },
    );
  });

  test('finds the same for each of many sources as for the source alone, to the bit, in order', () => {
    fc.assert(
      fc.property(models, sources, fc.integer({ min: 1, max: 4 }), fc.nat(9), (model, given, width, spare) => {
        const single = stepperOf(model, width);
        const expected = given.flatMap((symbols) => [...beamTargets(single, searchOptions(width), [symbols])]);
        expect([...beamTargets(stepperOf(model, width + spare), searchOptions(width), given)]).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('of width 1 is greedy: each symbol is the likeliest', () => {
    fc.assert(
      fc.property(models, source, (model, symbols) => {
        const stepper = stepperOf(model, 1);
        const [[best] = []] = [...beamTargets(stepper, searchOptions(1), [symbols])];
        const run = new WholePairRun(model, symbols.length, LENGTH);
        const ids: number[] = [];
        while (ids.length < LENGTH && ids.at(-1) !== 0) {
          const logs = run.logs(symbols, [0, ...ids]).at(-1)!;
          ids.push(logs.indexOf(Math.max(...logs)));
        }
        expect(best!.ids).toEqual(ids);
      }),
      { numRuns: 40 },
    );
  });

  test('finds, under a constraint, the targets that meet it and no others', () => {
    const vocabulary = Vocabulary.build(new Map([...'abc'].map((letter) => [letter, 1])), {
      unit: 'codepoint',
      minCount: 1,
      stop: true,
    });
    const constraint = Constraint.of({ match: 'a?b+' }, STOPS, vocabulary);
    fc.assert(
      fc.property(models, source, (model, symbols) => {
        const options = { ...searchOptions(16), finished: 16, constraint };
        const [found] = [...beamTargets(stepperOf(model, 16), options, [symbols])];
        const { over } = enumerate(model, symbols);
        const texts = found!.map(({ ids }) => vocabulary.decode(ids));
        expect(texts.sort()).toEqual(['ab', 'abb', 'b', 'bb', 'bbb']);
        for (const { ids, logProbability } of found!) {
          expect(Math.abs(logProbability - over.get(ids.join(''))!)).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 20 },
    );
  });

  test('goes on from a prefix of the target', () => {
    const model = randomPairModel({ pairs: { task: 'transduce' } }, 3);
    const options = { ...searchOptions(64), prompt: [0, 2], length: 3, finished: Number.POSITIVE_INFINITY };
    const [found] = [...beamTargets(stepperOf(model, 64), options, [[1, 2, 3]])];
    const { over } = enumerate(model, [1, 2, 3]);
    const run = new WholePairRun(model, 3, 1);
    const first = run.logProbability([1, 2, 3], [2]);
    const ended = found!.filter(({ finished }) => finished);
    expect(ended).toHaveLength(1 + 3 + 9);
    for (const { ids, logProbability } of ended) {
      expect(logProbability).toBeCloseTo(over.get([2, ...ids].join(''))! - first, 5);
    }
  });
});

describe('sampling targets', () => {
  const OPTIONS: SampleOptions = { prompt: [0], temperature: 1, length: LENGTH, stops: STOPS, seed: 'pairs' };

  test('draws for each of many sources what is drawn for the source alone, in order', () => {
    fc.assert(
      fc.property(
        models,
        sources,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 9 }),
        (model, given, count, rows) => {
          const single = stepperOf(model, 1);
          const expected = given.flatMap((symbols, number) => {
            single.encode([symbols]);
            const own = sampleTexts(single, { ...OPTIONS, seed: `pairs/${number}` }, count);
            return [...own].map((sample) => ({ ...sample, source: number }));
          });
          expect([...sampleTargets(stepperOf(model, rows), OPTIONS, count, given)]).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('draws targets with the probabilities that the model gives them (χ², p > 0.001)', () => {
    const model = randomPairModel({ pairs: { task: 'transduce' } }, 5);
    const symbols = [2, 0, 3];
    const drawn = [...sampleTargets(stepperOf(model, 50), OPTIONS, 5000, [symbols])];
    const texts = drawn.map(({ ids, stopped }) => [...ids, ...(stopped ? [0] : [])].join(''));
    const { over, cut } = enumerate(model, symbols);
    const expected = new Map([...over, ...cut].map(([text, log]) => [text, Math.exp(log)]));
    expect(chiSquaredRatio(texts, expected)).toBeLessThan(1);
  });
});

describe.each(TRANSDUCERS)('scores of targets, $label', ({ options }) => {
  test('are the sums of symbol-by-symbol decoding, for pairs of all lengths in their order, difference < 1e-5', () => {
    const model = randomPairModel({ ...options, hidden: 6 }, 17);
    const pairs = Array.from({ length: 150 }, (_, at) => ({
      source: Array.from({ length: 1 + ((at * 13) % 90) }, (_, i) => (i * at + i) % SOURCE_SYMBOLS),
      target: Array.from({ length: (at * 7) % 31 }, (_, i) => 1 + ((i * i + at) % (TARGET_SYMBOLS - 1))),
    }));
    const losses = new PairReader(JS, model.config, model.parameters).losses(pairs);
    const stepper = stepperOf(model, 1);
    const logs = new Float64Array(TARGET_SYMBOLS);
    for (const [at, { source: symbols, target }] of pairs.entries()) {
      stepper.encode([symbols]);
      let { logits } = readPrompt(stepper, [0]);
      const expected = [...target, 0].map((id) => {
        logSoftmax(logs, logits);
        const loss = -logs[id]!;
        stepper.step([id]);
        logits = stepper.logits(0);
        return loss;
      });
      expect(losses[at]).toHaveLength(target.length + 1);
      for (const [step, loss] of expected.entries()) expect(Math.abs(losses[at]![step]! - loss)).toBeLessThan(1e-5);
    }
  });
});
