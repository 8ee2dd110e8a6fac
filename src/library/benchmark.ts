import { availableParallelism } from 'node:os';
import type * as z from 'zod';
import { measureSampling, measureTransduction } from '../decoding/benchmark.ts';
import { message, option, UsageError } from '../errors.ts';
import { chooseKernel, type KernelChoice } from '../kernel/choose.ts';
import { measurePeak } from '../kernel/peak.ts';
import { type ModelConfig, modelSchema } from '../nn/config.ts';
import { parseOptions } from '../schema.ts';
import { benchmarkPairs } from '../text/benchmark-pairs.ts';
import { measureTraining } from '../training/benchmark.ts';
import { measurePairTraining } from '../training/benchmark-pairs.ts';
import { type BenchmarkRequest, benchmarkSchema, SHAPE } from './benchmark-options.ts';
import { cellProblem } from './effect.ts';

type Request = z.output<typeof benchmarkSchema>;

/** A figure, and what was measured. */
export type Figure = Readonly<Record<string, unknown>> & { readonly task: 'peak' | 'train' | 'sample' | 'transduce' };

/** Hypotheses of the beams that are measured; one is greedy. */
const WIDTHS = [1, 5] as const;

/** Pairs that a transducer learns, and sources whose targets it finds. */
const PAIRS = 1000;

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
  requireMeasured(request);
  const { task, seconds } = options;
  const choice = chooseKernel(options.kernel);
  chosen(choice);
  const all = choice.name === 'js' ? 1 : availableParallelism();
  const counts = options.threads === undefined ? [...new Set([1, all])] : [options.threads];
  const facts = { kernel: choice.name, node: process.version };
  if (task === 'transduce') {
    yield* benchmarkTransducer(options, choice, counts, facts);
    return;
  }
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

/** What each task alone is not told. */
const UNTOLD: Readonly<Record<Figure['task'], readonly (keyof BenchmarkRequest)[]>> = {
  train: [],
  sample: ['batch', 'bptt', 'threads', 'profile'],
  peak: ['cell', 'layers', 'hidden', 'reset', 'batch', 'bptt', 'symbols', 'profile'],
  transduce: ['bptt', 'profile'],
};

/** UsageError for an option that the task is not told, or that the cell does not have. */
function requireMeasured(request: BenchmarkRequest): void {
  const { task, cell, hidden, reset } = request;
  const untold = task && UNTOLD[task].find((key) => request[key] !== undefined && request[key] !== false);
  if (untold) throw new UsageError(message`${option(untold)} says nothing to ${option('task')} ${task}; leave it out`);
  const only = cell ?? (hidden !== undefined || task === 'transduce' ? SHAPE.cell : undefined);
  const problem = reset !== undefined && only !== undefined ? cellProblem('reset', only) : undefined;
  if (problem) throw new UsageError(problem);
}

/** An encoder in both directions, and a decoder with dot attention. */
async function* benchmarkTransducer(
  { cell = SHAPE.cell, hidden = SHAPE.hidden, layers, reset, symbols, batch, seconds }: Request,
  choice: KernelChoice,
  threadCounts: readonly number[],
  facts: Readonly<Record<string, unknown>>,
): AsyncGenerator<Figure, void, void> {
  const model = modelSchema.parse({ cell, layers, hidden, reset, embedding: hidden, pairs: { task: 'transduce' } });
  const corpus = benchmarkPairs(symbols, PAIRS);
  const shape = { task: 'transduce', cell, layers, hidden, symbols } as const;
  for (const threads of threadCounts) {
    const speed = await measurePairTraining(choice, corpus, { model, batch }, threads, seconds);
    yield { ...shape, part: 'training', batch, ...speed, ...facts };
  }
  const config = { ...model, symbols, sourceSymbols: symbols };
  for (const k of WIDTHS) {
    const taken = measureTransduction(choice, config, corpus, k, seconds);
    yield {
      ...shape,
      part: k === 1 ? 'greedy' : 'beam',
      k,
      threads: 1,
      sources: corpus.count,
      seconds: taken,
      ...facts,
    };
  }
}

/** The shape that is asked for by its cell or its units, or else all. */
function modelsOf({ cell, hidden, layers, reset, symbols }: Request): ModelConfig[] {
  const shapes = cell || hidden ? [{ cell: cell ?? SHAPE.cell, hidden: hidden ?? SHAPE.hidden }] : SHAPES;
  return shapes.map((shape) => ({ ...modelSchema.parse({ ...shape, layers, reset }), symbols }));
}
