import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logSoftmax } from '../../src/decoding/log-softmax.ts';
import { openModel } from '../../src/nn/open.ts';
import { longestSource, writeSources } from '../../src/nn/source-rows.ts';
import type { Stepper } from '../../src/nn/stepper.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import {
  randomPairModel,
  SOURCE_SYMBOLS,
  TARGET_SYMBOLS,
  TRANSDUCER_CASES,
  TRANSDUCERS,
  WholePairRun,
} from '../helpers/pair-models.ts';
import { stepperOf, type TinyModel } from '../helpers/tiny-models.ts';

const SOURCES = [[3, 1, 4, 1, 0], [2], [0, 4], [4, 4, 3, 2, 1, 0, 1]];
/** What decoders read, from `<stop>` on. */
const TARGETS = [
  [0, 2, 1, 3],
  [0, 1, 1, 2],
  [0, 3, 3, 1],
  [0, 2, 2, 2],
];

const logsOf = (stepper: Stepper, row: number): number[] => {
  const logs = new Float64Array(TARGET_SYMBOLS);
  logSoftmax(logs, stepper.logits(row));
  return [...logs];
};

/** Log-probabilities after each symbol read, in one row of a stepper. */
function step(stepper: Stepper, row: number, symbols: readonly number[], read = logsOf): number[][] {
  return symbols.map((symbol) => {
    stepper.step(Array(row + 1).fill(symbol));
    return read(stepper, row);
  });
}

const largestDifference = (a: readonly number[][], b: readonly number[][]): number =>
  Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - b[i]![j]!))));

describe.each(TRANSDUCER_CASES)('$label', ({ options, seed, scale }) => {
  const model = randomPairModel(options, seed, { scale });
  const rows = SOURCES.length;
  const sourceSteps = longestSource(SOURCES);

  test('encoder, first states and decoder run one by one in float64 as in one forward pass, difference < 1e-12', () => {
    const whole = new WholePairRun(model, sourceSteps, 4, 'double');
    const shape = { steps: 1, sourceSteps, rows, training: false };
    const { model: network, kernels } = openModel('double', model.config, model.parameters, shape);
    const all = { start: 0, end: rows };
    writeSources(kernels.ints, network.source!, rows, all, sourceSteps, SOURCES);
    kernels.ints.fill(1, network.keep, network.keep + rows);
    network.encode(kernels, all, sourceSteps);
    const sourceRows = [2, 0, 3, 0];
    network.start(kernels, all, sourceRows);
    for (let at = 0; at < 4; at++) {
      for (let row = 0; row < rows; row++) kernels.ints[network.inputs + row] = TARGETS[row]![at]!;
      network.decode(kernels, all, 1, sourceRows);
      network.carry(kernels, 1);
      for (const [row, source] of sourceRows.entries()) {
        const expected = whole.memberLogits(SOURCES[source]!, TARGETS[row]!);
        for (const [member, { logits }] of network.members.entries()) {
          const first = logits + row * TARGET_SYMBOLS;
          const found = [...kernels.floats.subarray(first, first + TARGET_SYMBOLS)];
          expect(largestDifference([found], [expected[member]![at]!])).toBeLessThan(1e-12);
        }
      }
    }
  });

  test('a stepper in float32 gives the log-probabilities of one forward pass, difference < 1e-6', () => {
    const stepper = stepperOf(model, rows);
    stepper.encode(SOURCES);
    const whole = new WholePairRun(model, sourceSteps, 4);
    for (const [source, symbols] of SOURCES.entries()) {
      stepper.resetState(0, source);
      const expected = whole.logs(symbols, TARGETS[source]!);
      expect(largestDifference(step(stepper, 0, TARGETS[source]!), expected)).toBeLessThan(1e-6);
    }
  });
});

const CASES = KERNEL_CHOICES.flatMap((choice) =>
  TRANSDUCERS.map(({ label, options }) => ({ label, options, choice, kernel: choice.name })),
);

/** More than any tile of the kernels has rows, and more than are encoded together. */
const ROWS = 20;

describe.each(CASES)('the stepper of a transducer, $label, $kernel', ({ options, choice }) => {
  const model: TinyModel = randomPairModel({ ...options, hidden: 9 }, 7);
  const one = stepperOf(model, 1, choice);
  const many = stepperOf(model, ROWS, choice);
  const bits = (stepper: Stepper, row: number): number[] => [...stepper.logits(row)];

  /** Logits after each symbol, of a source alone. */
  const alone = (source: readonly number[], symbols: readonly number[]): number[][] => {
    one.encode([source]);
    one.resetState(0);
    return step(one, 0, symbols, bits);
  };

  const sources = fc.array(fc.array(fc.nat(SOURCE_SYMBOLS - 1), { minLength: 1, maxLength: 9 }), {
    minLength: ROWS,
    maxLength: ROWS,
  });
  const texts = fc.array(fc.array(fc.nat(TARGET_SYMBOLS - 1), { minLength: 3, maxLength: 3 }), {
    minLength: ROWS,
    maxLength: ROWS,
  });
  const places = fc.array(fc.nat(ROWS - 1), { minLength: ROWS, maxLength: ROWS });
  const column = (all: readonly (readonly number[])[], at: number) => all.map((text) => text[at]!);

  test('gives a row the same bits whatever other sources and rows there are, wherever its source and its state lie', () => {
    fc.assert(
      fc.property(sources, texts, places, places, fc.nat(ROWS - 1), (given, read, sourceOf, parents, row) => {
        many.encode(given);
        for (let at = 0; at < ROWS; at++) many.resetState(at, sourceOf[at]!);
        many.step(column(read, 0));
        many.step(column(read, 1));
        many.moveStates(parents);
        many.step(column(read, 2));
        const parent = parents[row]!;
        const symbols = [read[parent]![0]!, read[parent]![1]!, read[row]![2]!];
        expect(bits(many, row)).toEqual(alone(given[sourceOf[parent]!]!, symbols).at(-1));
      }),
      { numRuns: 15 },
    );
  });

  test('takes up a saved state with its source in another row', () => {
    many.encode(SOURCES);
    many.resetState(0, 3);
    step(many, 0, [0, 2]);
    const saved = many.saveState(0);
    many.resetState(0, 1);
    many.resetState(2, 2);
    step(many, 2, [1]);
    many.loadState(2, saved);
    many.step([1, 1, 3]);
    expect(bits(many, 2)).toEqual(alone(SOURCES[3]!, [0, 2, 3]).at(-1));
    expect(bits(many, 0)).not.toEqual(bits(many, 2));
  });

  test('makes room for longer sources, and forgets those before', () => {
    const long = Array.from({ length: 100 }, (_, at) => (at * 7) % SOURCE_SYMBOLS);
    const fresh = stepperOf(model, ROWS, choice);
    fresh.encode(SOURCES);
    fresh.encode([SOURCES[0]!, long]);
    for (const [source, symbols] of [SOURCES[0]!, long].entries()) {
      fresh.resetState(source, source);
      expect(step(fresh, source, [0, 1], bits)).toEqual(alone(symbols, [0, 1]));
    }
    expect(() => fresh.resetState(0, 2)).toThrow('there are 2 sources, and none is number 2');
  });
});

describe('a stepper', () => {
  const model = randomPairModel({ pairs: { task: 'transduce' } }, 1);

  test('has room for as many sources as rows', () => {
    expect(() => stepperOf(model, 1).encode([[1], [2]])).toThrow('has room for as many sources, not 2');
  });

  test('runs no tagger and no classifier', () => {
    const tagger = randomPairModel({ pairs: { task: 'tag' } }, 1);
    expect(() => stepperOf(tagger, 1)).toThrow('not a model of the task tag');
  });

  test('reads an empty source as nothing: its numbers are those of any other empty source', () => {
    const stepper = stepperOf(model, 3);
    stepper.encode([[], [1, 2], []]);
    for (let row = 0; row < 3; row++) stepper.resetState(row, row);
    stepper.step([0, 0, 0]);
    expect([...stepper.logits(0)]).toEqual([...stepper.logits(2)]);
    expect([...stepper.logits(0)].every(Number.isFinite)).toBe(true);
    expect([...stepper.logits(0)]).not.toEqual([...stepper.logits(1)]);
  });
});
