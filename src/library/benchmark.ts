import { availableParallelism } from 'node:os';
import * as z from 'zod';
import { measureSampling } from '../decoding/benchmark.ts';
import { chooseKernel, type KernelChoice } from '../kernel/choose.ts';
import { measurePeak } from '../kernel/peak.ts';
import { type ModelConfig, modelSchema } from '../nn/config.ts';
import { parseOptions } from '../schema.ts';
import { measureTraining } from '../training/benchmark.ts';
import { placeSchema } from '../training/place.ts';

const { cell, layers, hidden, reset } = modelSchema.shape;
const count = z.int().min(1).max(100_000);

/** What a benchmark can be told. */
export const benchmarkSchema = z.strictObject({
  cell: cell.unwrap().optional().describe('measure this shape only'),
  layers: layers.describe('layers of that shape'),
  hidden: hidden.describe('units of a layer of that shape'),
  reset: reset.unwrap().default('after').describe('where the reset gate of the GRU acts'),
  batch: count.default(50).describe('texts side by side'),
  bptt: count.default(50).describe('steps that the gradient goes back'),
  symbols: count.default(65).describe('size of the vocabulary'),
  task: z.enum(['train', 'sample', 'peak']).optional().describe('measure this only'),
  threads: placeSchema.shape.threads
    .unwrap()
    .optional()
    .describe('measure with so many threads only (default: with one, and with all there are)'),
  kernel: placeSchema.shape.kernel,
  seconds: z.number().positive().default(3).describe('how long to measure each figure'),
  profile: z.boolean().default(false).describe('show how the time of a training step is spent'),
});

export type BenchmarkRequest = z.input<typeof benchmarkSchema>;
type Request = z.output<typeof benchmarkSchema>;

/** A figure, and what was measured. */
export type Figure = Readonly<Record<string, unknown>> & { readonly task: 'peak' | 'train' | 'sample' };

/** The shapes that are measured where none is named: those of the README's table. */
const SHAPES = [
  { cell: 'lstm', hidden: 128 },
  { cell: 'lstm', hidden: 256 },
  { cell: 'lstm', hidden: 512 },
  { cell: 'gru', hidden: 128 },
  { cell: 'rnn', hidden: 128 },
] as const;

/** Measures this machine, and gives each figure as it is known. `chosen` is told the kernel, before the first. */
export async function* benchmark(
  request: BenchmarkRequest = {},
  chosen: (choice: Pick<KernelChoice, 'name' | 'reason'>) => void = () => {},
): AsyncGenerator<Figure, void, void> {
  const options = parseOptions(benchmarkSchema, request);
  const { task, seconds } = options;
  const choice = chooseKernel(options.kernel);
  chosen(choice);
  const all = choice.name === 'js' ? 1 : availableParallelism();
  const counts = options.threads === undefined ? [...new Set([1, all])] : [options.threads];
  const facts = { kernel: choice.name, node: process.version };
  const peaks = new Map<number, number>();
  for (const threads of task === 'sample' ? [] : counts) {
    const gflops = await measurePeak(choice, threads, Math.min(1, seconds));
    peaks.set(threads, gflops);
    yield { task: 'peak', threads, gflops, ...facts };
  }
  for (const model of task === 'peak' ? [] : modelsOf(options)) {
    const shape = { cell: model.cell, layers: model.layers, hidden: model.hidden, symbols: model.symbols };
    for (const threads of task === 'sample' ? [] : counts) {
      const size = { rows: options.batch, steps: options.bptt };
      const speed = await measureTraining(choice, model, size, threads, seconds, options.profile);
      const share = speed.gflops / peaks.get(threads)!;
      yield { task: 'train', ...shape, batch: size.rows, bptt: size.steps, ...speed, shareOfPeak: share, ...facts };
    }
    if (task !== 'train') {
      yield { task: 'sample', ...shape, threads: 1, microseconds: measureSampling(choice, model, seconds), ...facts };
    }
  }
}

function modelsOf({ cell, hidden, layers, reset, symbols }: Request): ModelConfig[] {
  const shapes = cell ? [{ cell, hidden }] : SHAPES;
  return shapes.map((shape) => ({ ...modelSchema.parse({ ...shape, layers, reset }), symbols }));
}
