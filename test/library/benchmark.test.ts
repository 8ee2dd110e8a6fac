import { describe, expect, test } from 'vitest';
import { measureTransduction } from '../../src/decoding/benchmark.ts';
import { benchmark } from '../../src/library/benchmark.ts';
import type { BenchmarkRequest } from '../../src/library/benchmark-options.ts';
import { modelSchema } from '../../src/nn/config.ts';
import { benchmarkPairs } from '../../src/text/benchmark-pairs.ts';
import { measurePairTraining } from '../../src/training/benchmark-pairs.ts';
import { JS } from '../helpers/tiny-models.ts';

const SYMBOLS = 7;
const model = modelSchema.parse({ hidden: 4, layers: 1, embedding: 4, pairs: { task: 'transduce' } });

describe('the benchmark of a transducer', () => {
  test('its pairs have the lengths that the PyTorch side gives its own', () => {
    const { source, target } = benchmarkPairs(65, 4);
    const lengths = ({ starts }: typeof source) => Array.from({ length: 4 }, (_, i) => starts[i + 1]! - starts[i]!);
    // test/bench/pytorch_pairs.py: [(5 + 7 * i % 16, 5 + 11 * i % 16) for i in range(4)]
    expect(lengths(source)).toEqual([5, 12, 19, 10]);
    expect(lengths(target)).toEqual([5, 16, 11, 6]);
    expect([source, target].map(({ vocabulary }) => vocabulary.size)).toEqual([65, 65]);
    expect(Math.min(...target.ids)).toBeGreaterThan(0); // 0 is <stop>
  });

  test('measures training and decoding, also where the last batch is not full', async () => {
    const corpus = benchmarkPairs(SYMBOLS, 9);
    const { threads, symbolsPerSecond } = await measurePairTraining(JS, corpus, { model, batch: 4 }, 1, 0);
    const config = { ...model, symbols: SYMBOLS, sourceSymbols: SYMBOLS };
    const seconds = [1, 5].map((width) => measureTransduction(JS, config, corpus, width, 0));
    expect(threads).toBe(1);
    expect([symbolsPerSecond, ...seconds].filter((speed) => !Number.isFinite(speed) || speed <= 0)).toEqual([]);
  });
});

async function shapesOf(request: BenchmarkRequest): Promise<unknown[]> {
  const shapes: unknown[] = [];
  for await (const { cell, layers, hidden } of benchmark({
    kernel: 'js',
    task: 'sample',
    seconds: 0.001,
    ...request,
  })) {
    shapes.push({ cell, layers, hidden });
  }
  return shapes;
}

test('a cell or a number of units asks for one shape; the other of the two has its default', async () => {
  expect(await shapesOf({ hidden: 3 })).toEqual([{ cell: 'lstm', layers: 2, hidden: 3 }]);
  expect(await shapesOf({ cell: 'rnn', layers: 1 })).toEqual([{ cell: 'rnn', layers: 1, hidden: 128 }]);
});
