import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { createBatches, maximumRows } from '../../src/text/batches.ts';
import { corpusFromText } from '../../src/text/corpus.ts';
import { type LinePart, type StreamPart, splitCorpus, wholeCorpus } from '../../src/text/split.ts';
import type { LineBatchState, StreamBatchState } from '../../src/text/windows.ts';
import { rowSteps, take, takeMany, throughJson } from './windows.ts';

/** A stream whose n-th symbol has the id n. */
function counting(n: number): StreamPart {
  return { mode: 'stream', ids: Uint16Array.from({ length: n }, (_, i) => i), targets: Math.max(0, n - 1) };
}

function words(...lines: string[]): LinePart {
  return wholeCorpus(corpusFromText(lines.join('\n'), { mode: 'lines' })) as LinePart;
}

const shape = fc
  .record({
    rows: fc.integer({ min: 1, max: 6 }),
    window: fc.integer({ min: 1, max: 9 }),
    stride: fc.integer({ min: 1, max: 9 }),
  })
  .filter(({ window, stride }) => stride <= window);

const wordList = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 7 }), {
  minLength: 1,
  maxLength: 12,
});

describe('StreamBatches', () => {
  it('lays rows side by side, [t][row], and starts anew at the end', () => {
    const batches = createBatches(counting(9), { rows: 2, window: 3 });
    const [first, second, third] = takeMany(batches, 3);
    expect(first).toEqual({
      steps: 3,
      advance: 3,
      counted: 6,
      epoch: 0.75,
      inputs: [0, 4, 1, 5, 2, 6],
      targets: [1, 5, 2, 6, 3, 7],
      keep: [0, 0, 1, 1, 1, 1],
    });
    expect(second).toEqual({
      steps: 1,
      advance: 1,
      counted: 2,
      epoch: 1,
      inputs: [3, 7],
      targets: [4, 8],
      keep: [1, 1],
    });
    expect(third).toEqual({ ...first, epoch: 1.75 });
  });

  it('feeds the steps before the newest k1 again, uncounted', () => {
    const batches = createBatches(counting(8), { rows: 1, window: 4, stride: 2 });
    const windows = takeMany(batches, 4);
    expect(windows.map(({ inputs }) => inputs)).toEqual([
      [0, 1, 2, 3],
      [2, 3, 4, 5],
      [4, 5, 6],
      [0, 1, 2, 3],
    ]);
    expect(windows.map(({ targets }) => targets)).toEqual([
      [1, 2, 3, 4],
      [-1, -1, 5, 6],
      [-1, -1, 7],
      [1, 2, 3, 4],
    ]);
    expect(windows.map(({ keep }) => keep)).toEqual([
      [0, 1, 1, 1],
      [1, 1, 1, 1],
      [1, 1, 1],
      [0, 1, 1, 1],
    ]);
    expect(windows.map(({ advance }) => advance)).toEqual([2, 2, 2, 2]);
    expect(windows.map(({ counted }) => counted)).toEqual([4, 2, 1, 4]);
    expect(windows.map(({ epoch }) => epoch)).toEqual([4 / 7, 6 / 7, 1, 11 / 7]);
  });

  it('lets a row be one step shorter: its last target is not counted', () => {
    const [window] = takeMany(createBatches(counting(6), { rows: 2, window: 5 }), 1);
    expect(window!.inputs).toEqual([0, 2, 1, 3, 0, 4]);
    expect(window!.targets).toEqual([1, 3, 2, 4, -1, 5]);
    expect([window!.counted, window!.epoch]).toEqual([5, 1]);
  });

  it('makes each symbol but the first a target exactly once an epoch, predicted from the one before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 120 }), shape, (n, options) => {
        fc.pre(n > options.rows);
        const batches = createBatches(counting(n), options);
        for (let epoch = 1; epoch <= 2; epoch++) {
          const windows = [take(batches)];
          while (windows.at(-1)!.epoch < epoch) windows.push(take(batches));
          expect(windows.at(-1)!.epoch).toBe(epoch);
          const steps = rowSteps(windows, options.rows);
          const counted = steps.flat().filter(({ target }) => target !== -1);
          expect(counted.every(({ input, target }) => target === input + 1)).toBe(true);
          expect(counted.map(({ target }) => target)).toEqual(Array.from({ length: n - 1 }, (_, i) => i + 1));
          for (const row of steps) expect(row.map(({ keep }) => keep)).toEqual(row.map((_, t) => Number(t > 0)));
          expect(windows.reduce((sum, window) => sum + window.counted, 0)).toBe(n - 1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('begins the windows of later epochs elsewhere, by the seed', () => {
    const firstSteps = (seed: string): number[] => {
      const batches = createBatches(counting(61), { rows: 2, window: 6 }, seed);
      const windows = takeMany(batches, 60 * 6);
      return windows.filter((_, index) => index === 0 || windows[index - 1]!.epoch % 1 === 0).map(({ steps }) => steps);
    };
    const steps = firstSteps('a');
    expect(steps[0]).toBe(6);
    expect([...new Set(steps)].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(firstSteps('a')).toEqual(steps);
    expect(firstSteps('b')).not.toEqual(steps);
  });

  it('goes on from a saved state as if never stopped', () => {
    fc.assert(
      fc.property(fc.integer({ min: 7, max: 60 }), shape, fc.nat(20), (n, options, before) => {
        const batches = createBatches(counting(n), options);
        takeMany(batches, before);
        const state = throughJson(batches.state());
        const resumed = createBatches(counting(n), options);
        resumed.restore(state);
        expect(takeMany(resumed, 12)).toEqual(takeMany(batches, 12));
      }),
    );
  });

  it('refuses a text too short for the batch, and says what would do', () => {
    expect(() => createBatches(counting(6), { rows: 32, window: 5 })).toThrow(
      'the training text has 6 symbols, and a batch of 32 needs at least 33; use a batch of 5 at most, or a longer text',
    );
    expect(() => createBatches(counting(1), { rows: 1, window: 5 })).toThrow(UserError);
    expect(() => createBatches(counting(1), { rows: 1, window: 5 })).toThrow(/needs at least 2; use a longer text$/);
    expect(createBatches(counting(33), { rows: 32, window: 5 }).targets).toBe(32);
  });

  it('refuses a state that is not its own', () => {
    const batches = createBatches(counting(20), { rows: 2, window: 4, stride: 2 });
    const state = batches.state() as StreamBatchState;
    for (const other of [
      { ...state, step: 100 },
      { ...state, step: 3 },
      { ...state, step: -2 },
      { ...state, epoch: 0.5 },
    ]) {
      expect(() => batches.restore(other)).toThrow(UserError);
    }
    expect(() => batches.restore(createBatches(words('ab'), { rows: 1, window: 2 }).state())).toThrow(UserError);
  });
});

describe('LineBatches', () => {
  it('packs lines end to end, each from a state of zero', () => {
    // <stop> 0, a 1, b 2: the line is ab.
    const windows = takeMany(createBatches(words('ab'), { rows: 1, window: 4 }), 2);
    expect(windows[0]).toEqual({
      steps: 4,
      advance: 4,
      counted: 4,
      epoch: 4 / 3,
      inputs: [0, 1, 2, 0],
      targets: [1, 2, 0, 1],
      keep: [0, 1, 1, 0],
    });
    expect(windows[1]).toEqual({
      steps: 4,
      advance: 4,
      counted: 4,
      epoch: 8 / 3,
      inputs: [1, 2, 0, 1],
      targets: [2, 0, 1, 2],
      keep: [1, 1, 0, 1],
    });
  });

  it('feeds the steps before the newest k1 again, uncounted, with what they kept', () => {
    const windows = takeMany(createBatches(words('ab'), { rows: 1, window: 4, stride: 1 }), 3);
    expect(windows.map(({ inputs }) => inputs)).toEqual([
      [0, 1, 2, 0],
      [1, 2, 0, 1],
      [2, 0, 1, 2],
    ]);
    expect(windows.map(({ targets }) => targets)).toEqual([
      [1, 2, 0, 1],
      [-1, -1, -1, 2],
      [-1, -1, -1, 0],
    ]);
    expect(windows.map(({ keep }) => keep)).toEqual([
      [0, 1, 1, 0],
      [1, 1, 0, 1],
      [1, 0, 1, 1],
    ]);
    expect(windows.map(({ epoch }) => epoch)).toEqual([4 / 3, 5 / 3, 2]);
  });

  it('counts every step of every window, and hands out each line once an epoch', () => {
    fc.assert(
      fc.property(wordList, shape, fc.nat(), (list, options, seed) => {
        const part = words(...list);
        const batches = createBatches(part, options, seed);
        const steps = rowSteps(takeMany(batches, 40), options.rows);
        expect(steps.flat().every(({ target }) => target >= 0)).toBe(true);
        const started = linesInOrder(steps);
        // Lines that are begun in the same step are taken by ascending rows, so this is the order in which they were handed out.
        const wanted = lineTexts(part).sort();
        for (let taken = 0; taken + list.length <= started.length; taken += list.length) {
          const epoch = started.slice(taken, taken + list.length);
          if (epoch.every(({ whole }) => whole)) expect(epoch.map(({ text }) => text).sort()).toEqual(wanted);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('shuffles by the seed, anew each epoch', () => {
    const list = Array.from({ length: 9 }, (_, i) => String.fromCharCode(97 + i));
    const order = (seed: number) =>
      takeMany(createBatches(words(...list), { rows: 1, window: 18 }, seed), 2).map(({ inputs }) => inputs.join());
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
    expect(order(1)[0]).not.toBe(order(1)[1]);
  });

  it('goes on from a saved state as if never stopped', () => {
    fc.assert(
      fc.property(wordList, shape, fc.nat(20), fc.nat(), (list, options, before, seed) => {
        const batches = createBatches(words(...list), options, seed);
        takeMany(batches, before);
        const state = throughJson(batches.state());
        const resumed = createBatches(words(...list), options, 'another seed');
        resumed.restore(state);
        expect(throughJson(resumed.state())).toEqual(state);
        expect(takeMany(resumed, 12)).toEqual(takeMany(batches, 12));
      }),
    );
  });

  it('keeps to the lines of its part', () => {
    const corpus = corpusFromText('a\nb\nc\nd\ne\nf', { mode: 'lines' });
    const { train } = splitCorpus(corpus, { validation: 3, seed: 5 });
    const { inputs } = take(createBatches(train, { rows: 3, window: 40 }));
    const allowed = new Set([0, ...[...(train as LinePart).lines].map((line) => line + 1)]);
    expect(new Set(inputs)).toEqual(allowed);
  });

  it('refuses a part without lines, and a state that is not its own', () => {
    const none: LinePart = { ...words('a'), lines: new Uint32Array(0), targets: 0 };
    expect(() => createBatches(none, { rows: 1, window: 1 })).toThrow('no line to train on');
    const batches = createBatches(words('ab', 'c'), { rows: 2, window: 4, stride: 2 });
    take(batches);
    const state = batches.state() as LineBatchState;
    for (const other of [
      { ...state, positions: [0] },
      { ...state, ends: [99, 99] },
      { ...state, positions: [-1, 0] },
      { ...state, taken: 3 },
      { ...state, counted: -1 },
      { ...state, inputs: [] },
      { ...state, keep: [1] },
    ]) {
      expect(() => batches.restore(other)).toThrow(UserError);
    }
    expect(() => batches.restore({ mode: 'stream', step: 0, epoch: 0 })).toThrow(UserError);
  });
});

describe('batch options', () => {
  it.each([
    [{ rows: 0, window: 1 }, "the batch's rows must be a whole number from 1, not 0"],
    [{ rows: 1, window: 1.5 }, "the batch's window"],
    [{ rows: 1, window: 2, stride: 0 }, "the batch's stride"],
    [{ rows: 1, window: 2, stride: 3 }, 'the stride k1 (3) must not be more than the window k2 (2)'],
  ])('refuses %j', (options, message) => {
    expect(() => createBatches(counting(9), options)).toThrow(message);
    expect(() => createBatches(words('ab'), options)).toThrow(UserError);
  });

  it('gives the most rows that make sense', () => {
    expect(maximumRows(counting(1_003_854), 50)).toBe(20_077);
    expect(maximumRows(counting(101), 50)).toBe(2);
    expect(maximumRows(counting(10), 50)).toBe(1);
    expect(maximumRows(words('deep', 'learn', 'machine'), 50)).toBe(1);
    expect(maximumRows(words('deep', 'learn', 'machine'), 9)).toBe(2);
    expect(maximumRows(words('deep', 'learn', 'machine'), 1)).toBe(3);
  });

  it('writes into views of a larger memory, and nowhere else', () => {
    const memory = new Int32Array(64).fill(-99);
    const views = [memory.subarray(8, 20), memory.subarray(24, 36), memory.subarray(40, 52)] as const;
    for (const part of [counting(40), words('ab', 'c')]) {
      memory.fill(-99);
      createBatches(part, { rows: 3, window: 4 }).next(...views);
      expect(views.every((view) => !view.includes(-99))).toBe(true);
      expect(memory.filter((value) => value === -99)).toHaveLength(64 - 36);
    }
  });
});

/** Lines in the order of their start: by step, then by row; with whether they end within what was seen. */
function linesInOrder(steps: ReturnType<typeof rowSteps>): { text: string; whole: boolean }[] {
  const begun: { text: string; whole: boolean; row: number }[] = [];
  const current = new Map<number, { text: string; whole: boolean; row: number }>();
  for (let t = 0; t < steps[0]!.length; t++) {
    for (let row = 0; row < steps.length; row++) {
      const { input, target, keep } = steps[row]![t]!;
      if (keep === 0) {
        const line = { text: '', whole: false, row };
        expect(input).toBe(0);
        expect(current.get(row)?.whole ?? true).toBe(true);
        current.set(row, line);
        begun.push(line);
      } else {
        expect(input).toBe(steps[row]![t - 1]!.target);
      }
      const line = current.get(row)!;
      if (target === 0) line.whole = true;
      else line.text += `${target} `;
    }
  }
  return begun;
}

function lineTexts({ ids, lines, lineStarts }: LinePart): string[] {
  return Array.from(lines, (line) =>
    Array.from(ids.subarray(lineStarts[line], lineStarts[line + 1]! - 1), (id) => `${id} `).join(''),
  );
}
