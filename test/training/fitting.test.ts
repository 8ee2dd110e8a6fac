import { describe, expect, test } from 'vitest';
import type { LinePart, Part, StreamPart } from '../../src/text/split.ts';
import { defaultSteps, fitBatch, fitThreads, validationInterval } from '../../src/training/fitting.ts';
import { RECIPE } from '../helpers/training.ts';

/** A part of so many symbols. Their ids do not matter. */
function stream(symbols: number): StreamPart {
  return { mode: 'stream', ids: new Uint8Array(symbols), targets: Math.max(0, symbols - 1) };
}

/** A part of lines. Each length is the line's number of targets, with its <stop>. */
function lines(...lengths: number[]): LinePart {
  const lineStarts = new Uint32Array(lengths.length + 1);
  lineStarts[0] = 1;
  for (const [line, length] of lengths.entries()) lineStarts[line + 1] = lineStarts[line]! + length;
  const targets = lineStarts.at(-1)! - 1;
  return {
    mode: 'lines',
    ids: new Uint8Array(targets + 1),
    lineStarts,
    lines: Uint32Array.from(lengths.keys()),
    targets,
  };
}

const recipe = { ...RECIPE, batch: 32, bptt: 50, stride: 50 };

interface Case {
  readonly name: string;
  readonly part: Part;
  readonly batch: { rows: number; window: number; stride: number };
  readonly steps: number;
}

const CASES: readonly Case[] = [
  {
    // deep, learn, machine: 5 + 6 + 8 = 19. Rows: ⌊19 / 8⌋; window: ⌈19 / 2⌉; 6 epochs of 19 are 6 steps: too few.
    name: 'three words',
    part: lines(5, 6, 8),
    batch: { rows: 2, window: 10, stride: 10 },
    steps: 300,
  },
  {
    // 7 · 49,999 + 12 = 350,005. 6 epochs of it: 2,100,030 / 1600 = 1312.5.
    name: 'fifty thousand names',
    part: lines(...Array<number>(49_999).fill(7), 12),
    batch: { rows: 32, window: 50, stride: 50 },
    steps: 1313,
  },
  {
    // 6,000,000 / 1600.
    name: 'a stream of a million symbols',
    part: stream(1_000_000),
    batch: { rows: 32, window: 50, stride: 50 },
    steps: 3750,
  },
  { name: 'a stream of two symbols', part: stream(2), batch: { rows: 1, window: 1, stride: 1 }, steps: 300 },
  {
    // 99 targets are one row of 50 and a bit: ⌊99 / 50⌋ rows. 6 · 99 / 50 are too few.
    name: 'a stream of a hundred symbols',
    part: stream(100),
    batch: { rows: 1, window: 50, stride: 50 },
    steps: 300,
  },
  {
    // 6 · 10,001 / 50 = 1200.1.
    name: 'one very long line',
    part: lines(10_001),
    batch: { rows: 1, window: 50, stride: 50 },
    steps: 1200,
  },
  {
    // ⌊1500 / 50⌋ = 30 rows, of 6 steps in 6 epochs.
    name: 'one very long line among a hundred short ones',
    part: lines(...Array<number>(100).fill(5), 1000),
    batch: { rows: 30, window: 50, stride: 50 },
    steps: 300,
  },
  { name: 'one line of one symbol', part: lines(2), batch: { rows: 1, window: 2, stride: 2 }, steps: 300 },
];

describe('batches fit the text', () => {
  test.each(CASES)('$name: $batch', ({ part, batch }) => {
    expect(fitBatch(part, recipe)).toEqual(batch);
  });

  test('a stride shorter than the window stays as it is, and a stride longer than the fitted window is cut to it', () => {
    expect(fitBatch(stream(1_000_000), { ...recipe, stride: 10 })).toEqual({ rows: 32, window: 50, stride: 10 });
    expect(fitBatch(lines(5, 6, 8), { ...recipe, stride: 3 })).toEqual({ rows: 2, window: 10, stride: 3 });
    expect(fitBatch(lines(5, 6, 8), { ...recipe, stride: 30 })).toEqual({ rows: 2, window: 10, stride: 10 });
  });

  test.each([
    // 64 updates an epoch, at least, of 50 steps of every row: ⌈999,999 / 3200⌉ = 313 rows are more than 24.
    { part: stream(1_000_000), rows: 24 },
    { part: stream(50_000), rows: 16 }, // ⌈15.6⌉
    { part: stream(3201), rows: 1 },
    { part: stream(3202), rows: 2 },
    { part: stream(1), rows: 1 },
    { part: lines(5, 6, 8), rows: 1 },
  ])('without `batch`, $part.targets targets get $rows rows', ({ part, rows }) => {
    expect(fitBatch(part, { ...recipe, batch: undefined }).rows).toBe(rows);
  });

  test('there are no more rows than `batch`', () => {
    expect(fitBatch(stream(1_000_000), { ...recipe, batch: 3 }).rows).toBe(3);
  });
});

test('a run without limits on pairs reads them 60 times, or 10 million targets', () => {
  const steps = (targets: number): number =>
    defaultSteps({ train: { mode: 'pairs', targets }, validation: { targets: 0 }, targetsPerStep: 100 });
  expect([steps(1000), steps(10_000), steps(200_000)]).toEqual([1000, 6000, 100_000]);
});

test.each(CASES)('a run without limits on $name takes $steps steps', ({ part, batch, steps }) => {
  expect(defaultSteps({ train: part, validation: part, targetsPerStep: batch.rows * batch.stride })).toBe(steps);
});

describe('steps between validations', () => {
  const million = stream(1_000_000);
  const targetsPerStep = 1600; // 32 rows, every 50 symbols

  test.each([
    // A fortieth of the run: 20,000 / 40, where 50,001 − 1 symbols at a third of the cost would allow ⌈208.3⌉.
    { validation: 50_001, limits: { steps: 20_000 }, interval: 500 },
    // 50,000 / 3 / 0.05 / 1600 = 208.3 is more than 6250 / 40.
    { validation: 50_001, limits: { steps: 6250 }, interval: 209 },
    // 10 · 999,999 / 1600 / 40 = 156.2.
    { validation: 2, limits: { epochs: 10 }, interval: 157 },
    // The nearer limit counts.
    { validation: 2, limits: { epochs: 10, steps: 4000 }, interval: 100 },
    // The number of steps is not known: validation is as frequent as is cheap.
    { validation: 50_001, limits: { seconds: 60 }, interval: 209 },
    // Validation comes at every tenth step at the most.
    { validation: 2, limits: { seconds: 60 }, interval: 10 },
    { validation: 2, limits: { steps: 100 }, interval: 10 },
    { validation: 0, limits: { steps: 1000 }, interval: 25 },
  ])('$validation symbols, $limits: $interval', ({ validation, limits, interval }) => {
    expect(validationInterval({ train: million, validation: stream(validation), targetsPerStep }, limits)).toBe(
      interval,
    );
  });

  test('lines: 700 symbols of 100 held out, at 1600 a step, allow every third step, so every tenth; of 10,000, every 417th', () => {
    const names = lines(...Array<number>(1000).fill(7));
    expect(
      validationInterval(
        { train: names, validation: lines(...Array<number>(100).fill(7)), targetsPerStep },
        { seconds: 9 },
      ),
    ).toBe(10);
    const many = lines(...Array<number>(10_000).fill(10));
    expect(validationInterval({ train: names, validation: many, targetsPerStep }, { seconds: 9 })).toBe(417); // 100,000 / 3 / 0.05 / 1600 = 416.7
  });
});

describe('fitThreads', () => {
  // 3 · 2 · (H·4H + H·V) operations a symbol: 1,728 for H = 8 and V = 4.
  const model = { ...RECIPE.model, cell: 'lstm', layers: 1, hidden: 8, symbols: 4 } as const;
  const batch = (rows: number, window: number) => ({ rows, window, stride: window });

  test.each([
    {
      rows: 100,
      window: 100,
      available: 4,
      threads: 4,
      why: '17.28 MFLOP pay off for eight threads, and there are four',
    },
    { rows: 100, window: 30, available: 4, threads: 2, why: '5.18 MFLOP pay off for two' },
    { rows: 10, window: 10, available: 4, threads: 1, why: '0.17 MFLOP pay off for none, and there is always one' },
    { rows: 3, window: 10_000, available: 8, threads: 3, why: 'each thread has a row at least' },
  ])('$rows × $window: $why', ({ rows, window, available, threads }) => {
    expect(fitThreads(model, batch(rows, window), available)).toBe(threads);
  });
});
