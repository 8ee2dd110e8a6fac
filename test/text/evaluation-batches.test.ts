import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { corpusFromText } from '../../src/text/corpus.ts';
import { evaluationBatches } from '../../src/text/evaluation-batches.ts';
import { type LinePart, type Part, wholeCorpus } from '../../src/text/split.ts';

interface Seen {
  readonly steps: number;
  readonly counted: number;
  readonly inputs: number[];
  readonly targets: number[];
  readonly keep: number[];
}

function windowsOf(part: Part, rows: number, window: number): Seen[] {
  const [inputs, targets, keep] = [0, 1, 2].map(() => new Int32Array(rows * window).fill(-99)) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];
  const seen: Seen[] = [];
  for (const { steps, counted } of evaluationBatches(part, { rows, window }, inputs, targets, keep)) {
    const cut = (array: Int32Array) => [...array.subarray(0, steps * rows)];
    seen.push({ steps, counted, inputs: cut(inputs), targets: cut(targets), keep: cut(keep) });
    for (const array of [inputs, targets, keep]) array.fill(-99);
  }
  return seen;
}

const counting = (n: number): Part => ({
  mode: 'stream',
  ids: Uint16Array.from({ length: n }, (_, i) => i),
  targets: Math.max(0, n - 1),
});
const rowsAndWindow = [fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 9 })] as const;

describe('evaluationBatches', () => {
  it('cuts a stream into rows that share a symbol at their borders', () => {
    expect(windowsOf(counting(6), 2, 2)).toEqual([
      { steps: 2, counted: 4, inputs: [0, 2, 1, 3], targets: [1, 3, 2, 4], keep: [0, 0, 1, 1] },
      { steps: 1, counted: 1, inputs: [0, 4], targets: [-1, 5], keep: [1, 1] },
    ]);
  });

  it('gives lines in order to the row that is free, and pads when they run out', () => {
    // <stop> 0, a 1, b 2, c 3.
    const part = wholeCorpus(corpusFromText('ab\nc\na', { mode: 'lines' }));
    expect(windowsOf(part, 2, 3)).toEqual([
      { steps: 3, counted: 6, inputs: [0, 0, 1, 3, 2, 0], targets: [1, 3, 2, 0, 0, 1], keep: [0, 0, 1, 1, 1, 0] },
      { steps: 1, counted: 1, inputs: [0, 1], targets: [-1, 0], keep: [1, 1] },
    ]);
  });

  it('covers every symbol of a stream but the first, once', () => {
    fc.assert(
      fc.property(fc.nat(100), ...rowsAndWindow, (n, rows, window) => {
        const seen = windowsOf(counting(n), rows, window);
        const pairs = seen.flatMap(({ inputs, targets }) =>
          targets.map((target, at) => [inputs[at]!, target] as const),
        );
        const counted = pairs.filter(([, target]) => target !== -1);
        expect(counted.every(([input, target]) => target === input + 1)).toBe(true);
        expect(counted.map(([, target]) => target).sort((a, b) => a - b)).toEqual(
          Array.from({ length: Math.max(0, n - 1) }, (_, i) => i + 1),
        );
        expect(pairs.every(([input, target]) => target !== -1 || input === 0)).toBe(true);
        expect(seen.map(({ counted: said }) => said)).toEqual(
          seen.map(({ targets }) => targets.filter((target) => target !== -1).length),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('covers every line with its <stop>, once, each from a state of zero', () => {
    const list = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 6 }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(list, ...rowsAndWindow, (lines, rows, window) => {
        const corpus = corpusFromText(lines.join('\n'), { mode: 'lines' });
        const seen = windowsOf(wholeCorpus(corpus), rows, window);
        const read: string[] = [];
        for (let row = 0; row < rows; row++) {
          const column = (of: 'inputs' | 'targets' | 'keep') =>
            seen.flatMap((one) => one[of].filter((_, at) => at % rows === row));
          const [inputs, targets, keep] = [column('inputs'), column('targets'), column('keep')];
          targets.forEach((target, t) => {
            if (target === -1) {
              expect([inputs[t], keep[t]]).toEqual([0, 1]);
              return;
            }
            expect(inputs[t]).toBe(keep[t] === 0 ? 0 : targets[t - 1]);
            if (keep[t] === 0) read.push('');
            read[read.length - 1] += target === 0 ? '.' : corpus.vocabulary.decode([target]);
          });
        }
        expect(read.sort()).toEqual(lines.map((line) => `${line}.`).sort());
        expect(seen.reduce((sum, { counted }) => sum + counted, 0)).toBe(corpus.ids.length - 1);
      }),
      { numRuns: 500 },
    );
  });

  it('gives nothing for an empty part', () => {
    const lines = wholeCorpus(corpusFromText('a\nb', { mode: 'lines' })) as LinePart;
    expect(windowsOf({ ...lines, lines: new Uint32Array(0), targets: 0 }, 2, 2)).toEqual([]);
    expect(windowsOf(counting(1), 2, 2)).toEqual([]);
    expect(windowsOf(counting(0), 2, 2)).toEqual([]);
  });
});
