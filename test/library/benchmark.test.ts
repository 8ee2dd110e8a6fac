import { expect, test } from 'vitest';
import { benchmark } from '../../src/library/benchmark.ts';
import type { BenchmarkRequest } from '../../src/library/benchmark-options.ts';

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
