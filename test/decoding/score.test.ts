import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { logSoftmax } from '../../src/decoding/log-softmax.ts';
import { Reader } from '../../src/decoding/reader.ts';
import { type Sequence, scoreSequences } from '../../src/decoding/score.ts';
import { scoreLines, scoreWhole } from '../../src/decoding/scoring.ts';
import { Manifest } from '../../src/nn/manifest.ts';
import { Random } from '../../src/random.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { SMALL, VARIANTS } from '../helpers/network.ts';
import { JS, randomModel, stepperOf, type TinyModel, uniformModel } from '../helpers/tiny-models.ts';

const readerOf = ({ config, parameters }: TinyModel, choice = JS) => new Reader(choice, config, parameters);

/** −log p of every symbol, one symbol at a time from end to end. */
function oneByOne(model: TinyModel, { start, ids }: Sequence, choice = JS): number[] {
  const stepper = stepperOf(model, 1, choice);
  const logs = new Float64Array(model.config.symbols);
  return Array.from(ids, (id, at) => {
    stepper.step([at === 0 ? start : ids[at - 1]!]);
    logSoftmax(logs, stepper.logits(0));
    return -logs[id]!;
  });
}

const sum = (losses: ArrayLike<number>) => Array.from(losses).reduce((total, loss) => total + loss, 0);

function randomIds(length: number, symbols: number, seed: number): number[] {
  const random = new Random(seed);
  return Array.from({ length }, () => random.integer(symbols));
}

describe.each(KERNEL_CHOICES.map((choice) => ({ choice, name: choice.name })))(
  'scores in batches, $name',
  ({ choice }) => {
    test('are those of symbol by symbol, for lines of all lengths in their order, difference < 1e-5 of 1 + the loss', () => {
      fc.assert(
        fc.property(
          // The state of relu and linear units grows without bound, and the rounding of its logits with it.
          fc.constantFrom(...VARIANTS.filter(({ activation }) => activation !== 'relu' && activation !== 'linear')),
          fc.array(fc.nat({ max: 70 }), { maxLength: 150 }),
          fc.nat(),
          (variant, lengths, seed) => {
            const model = randomModel({ ...variant, layers: 2, symbols: 5, hidden: 6 }, seed, 2);
            const sequences = lengths.map((length, at) => ({ start: at % 5, ids: randomIds(length, 5, seed + at) }));
            const found = scoreSequences(readerOf(model, choice), sequences);
            for (const [at, sequence] of sequences.entries()) {
              const expected = oneByOne(model, sequence, choice);
              expect(found[at]).toHaveLength(expected.length);
              for (const [place, loss] of expected.entries())
                expect(Math.abs(found[at]![place]! - loss)).toBeLessThan(1e-5 * (1 + loss));
            }
          },
        ),
        { numRuns: 10 },
      );
    });

    test('of one long text are those of symbol by symbol, sum to 1e-6 of itself', () => {
      const model = randomModel({ cell: 'lstm', layers: 2, symbols: 5, hidden: 6 }, 3, 2);
      for (const length of [16_383, 16_384, 50_001]) {
        const sequence = { start: 2, ids: randomIds(length, 5, length) };
        const expected = sum(oneByOne(model, sequence, choice));
        const [found] = scoreSequences(readerOf(model, choice), [sequence]);
        expect(Math.abs(sum(found!) - expected)).toBeLessThan(1e-6 * expected);
      }
    });
  },
);

/** A relu RNN of one unit that counts what it has read; log p of symbol 0 grows with the count. */
function countingModel(): TinyModel {
  const config = { ...SMALL, cell: 'rnn', activation: 'relu', hidden: 1, symbols: 2 } as const;
  const manifest = new Manifest(config);
  const parameters = new Float32Array(manifest.size);
  for (const name of ['layers.0.bias', 'layers.0.recurrent']) parameters[manifest.view(name).offset] = 1;
  parameters[manifest.view('output.weight').offset] = 1e-4;
  return { config, parameters };
}

test('no more rows are read than there are texts, and a long text that the model forgets soon is read little more than once', () => {
  const model = randomModel({ cell: 'gru', layers: 1, symbols: 5, hidden: 6 }, 3, 1);
  const positionsOf = (lengths: readonly number[]): number => {
    const reader = readerOf(model);
    const read = vi.spyOn(reader, 'read');
    const sequences = lengths.map((length) => ({ start: 0, ids: randomIds(length, 5, 1) }));
    scoreSequences(reader, sequences);
    return read.mock.calls.reduce(
      (sum, [steps, { start, end } = { start: 0, end: reader.rows }]) => sum + steps * (end - start),
      0,
    );
  };
  expect(positionsOf([320])).toBe(320);
  expect(positionsOf([320, 320, 10])).toBe(3 * 320);
  expect(positionsOf([60_000])).toBeLessThan(1.1 * 60_000);
});

test('a state that never fades is carried from end to end: no part is left with a wrong one', () => {
  const model = countingModel();
  const sequence = { start: 0, ids: randomIds(30_000, 2, 5) };
  const expected = oneByOne(model, sequence);
  expect(expected.at(-1)).not.toBeCloseTo(Math.LN2, 1);
  const [found] = scoreSequences(readerOf(model), [sequence]);
  for (const [at, loss] of expected.entries()) expect(Math.abs(found![at]! - loss)).toBeLessThan(1e-4);
});

/**
 * A relu RNN of two units over the symbols a (0), k (1) and q (2). The first unit is a latch: k adds 1 to it, and it keeps what it has for
 * ever. The second unit is above 0 only where q is read and the latch is set; only then does the loss differ.
 */
function latchModel(): TinyModel {
  const config = { ...SMALL, cell: 'rnn', activation: 'relu', hidden: 2, symbols: 3 } as const;
  const manifest = new Manifest(config);
  const parameters = new Float32Array(manifest.size);
  const set = (name: string, place: number, value: number): void => {
    parameters[manifest.view(name).offset + place] = value;
  };
  set('layers.0.input', 1 * 2 + 0, 1); // k sets the latch
  set('layers.0.recurrent', 0 * 2 + 0, 1); // the latch keeps its value
  set('layers.0.recurrent', 0 * 2 + 1, 1); // the second unit: latch − 100, and + 100 where q is read
  set('layers.0.bias', 1, -100);
  set('layers.0.input', 2 * 2 + 1, 100);
  set('output.weight', 1 * 3 + 0, 5);
  return { config, parameters };
}

test('a symbol that changes a loss only after a long time is not forgotten where the text is divided', () => {
  const model = latchModel();
  const ids = Array.from({ length: 42_000 }, (_, at) => (at === 10 ? 1 : at > 41_000 && at % 50 === 0 ? 2 : 0));
  const sequence = { start: 0, ids };
  const expected = oneByOne(model, sequence);
  expect(Math.abs(sum(expected) - 42_000 * Math.log(3))).toBeGreaterThan(10);
  const [found] = scoreSequences(readerOf(model), [sequence]);
  for (const [at, loss] of expected.entries()) expect(Math.abs(found![at]! - loss)).toBeLessThan(1e-5);
});

test('probabilities that are not numbers are an error', () => {
  const { config, parameters } = uniformModel(3);
  const broken = { config, parameters: parameters.map(() => Number.NaN) };
  expect(() => scoreSequences(readerOf(broken), [{ start: 0, ids: [1] }])).toThrow(/probabilities are not numbers/);
  expect(() => oneByOne(broken, { start: 0, ids: [1] })).toThrow(/probabilities are not numbers/);
});

describe('a text', () => {
  const uniform = (text: string, mode: 'lines' | 'stream', minCount = 1) => {
    const { vocabulary } = corpusFromText(text, { mode, minCount });
    return { vocabulary, reader: readerOf(uniformModel(vocabulary.size)) };
  };

  test('that is a line has its <stop>, or its newline, as its last symbol', () => {
    const { vocabulary, reader } = uniform('ab\nb', 'lines'); // <stop> a b
    const [found] = scoreLines(reader, vocabulary, ['ab']);
    expect(found!.ids).toEqual([1, 2, 0]);
    expect(found!.logProbability).toBeCloseTo(-3 * Math.log(3), 5);
    expect(found!.bitsPerCharacter).toBeCloseTo(Math.log2(3), 5);
    const stream = uniform('ab\nb', 'stream'); // \n a b
    expect(scoreLines(stream.reader, stream.vocabulary, ['ab'])[0]!.ids).toEqual([1, 2, 0]);
  });

  test('that is whole is read from end to end, of lines as lines without those that are empty', () => {
    const lines = uniform('ab\nb', 'lines');
    expect(scoreWhole(lines.reader, lines.vocabulary, 'ab\r\n\nb\n').ids).toEqual([1, 2, 0, 2, 0]);
    const stream = uniform('ab\nb', 'stream');
    expect([...Array.from(scoreWhole(stream.reader, stream.vocabulary, 'a\nb').ids)]).toEqual([1, 0, 2]);
  });

  test('with a symbol that isn’t known is impossible, and the others are scored', () => {
    const { vocabulary, reader } = uniform('ab\nb', 'lines');
    const [known, unknown, none] = scoreLines(reader, vocabulary, ['a', 'xa', Uint8Array.of(0xff)]);
    expect(known!.problem).toBeUndefined();
    expect(unknown).toMatchObject({
      logProbability: Number.NEGATIVE_INFINITY,
      bitsPerCharacter: Number.POSITIVE_INFINITY,
    });
    expect(unknown!.problem?.message).toMatch(/"x" \(U\+0078\) at position 1 is not in the vocabulary/);
    expect(none!.problem?.message).toMatch(/not UTF-8/);
  });

  test('of nothing has probability 1', () => {
    const { vocabulary, reader } = uniform('ab', 'stream');
    expect(scoreLines(reader, vocabulary, [''])[0]).toMatchObject({ logProbability: 0, bitsPerCharacter: 0 });
  });

  test('counts its <unk>', () => {
    const { vocabulary, reader } = uniform('aab\nab', 'lines', 2);
    expect(scoreLines(reader, vocabulary, ['axxb'])[0]).toMatchObject({ unknown: 2, problem: undefined });
  });
});
