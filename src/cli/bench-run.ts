import { availableParallelism } from 'node:os';
import { measureSampling } from '../decoding/benchmark.ts';
import { chooseKernel, type KernelChoice } from '../kernel/choose.ts';
import { measurePeak } from '../kernel/peak.ts';
import type { ModelConfig } from '../nn/config.ts';
import { measureTraining } from '../training/benchmark.ts';
import type { BenchCommandOptions } from './bench.ts';
import { grouped, Output, paint, remark } from './output.ts';

/** The shapes measured where none is named: those of the README's table. */
const SHAPES = [
  { cell: 'lstm', hidden: 128 },
  { cell: 'lstm', hidden: 256 },
  { cell: 'lstm', hidden: 512 },
  { cell: 'gru', hidden: 128 },
  { cell: 'rnn', hidden: 128 },
] as const;

/** A figure, and what it is of: a line of --json. */
type Figure = Readonly<Record<string, unknown>> & { readonly task: string };

/** Measures, and prints each figure as it is known. */
export async function bench(options: BenchCommandOptions): Promise<void> {
  const choice = chooseKernel(options.kernel);
  const output = new Output();
  remark(`kernel ${choice.name} on Node ${process.version}: ${choice.reason}`);
  for await (const figure of measure(choice, options)) {
    await output.line(options.json ? JSON.stringify(figure) : text(figure));
    await output.flush();
  }
}

async function* measure(choice: KernelChoice, options: BenchCommandOptions): AsyncGenerator<Figure> {
  const { task, seconds } = options;
  const all = choice.name === 'js' ? 1 : availableParallelism();
  const counts = options.threads === undefined ? [...new Set([1, all])] : [options.threads];
  const facts = { kernel: choice.name, node: process.version };
  const peaks = new Map<number, number>();
  for (const threads of task === 'sample' ? [] : counts) {
    const gflops = await measurePeak(choice, threads, Math.min(1, seconds));
    peaks.set(threads, gflops);
    yield { task: 'peak', threads, gflops, ...facts };
  }
  for (const model of task === 'peak' ? [] : models(options)) {
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

function models(options: BenchCommandOptions): ModelConfig[] {
  const { cell, hidden, layers, reset, symbols } = options;
  const shapes = cell ? [{ cell, hidden }] : SHAPES;
  const plain = { embedding: 0, tied: false, activation: 'tanh', members: 1 } as const;
  return shapes.map((shape) => ({ ...shape, ...plain, layers, reset, symbols }));
}

function text(figure: Figure): string {
  const value = (name: string): number => figure[name] as number;
  const threads = `${figure.threads} thread${figure.threads === 1 ? ' ' : 's'}`;
  if (figure.task === 'peak') return `${'matrix kernel'.padEnd(24)} ${threads}  ${value('gflops').toFixed(0)} GFLOPS`;
  const shape = `${figure.cell} ${figure.layers} × ${figure.hidden}`.padEnd(14);
  if (figure.task === 'sample') {
    return `${`${shape} sampling`.padEnd(24)} ${threads}  ${value('microseconds').toFixed(1)} µs a character`;
  }
  const line =
    `${`${shape} training`.padEnd(24)} ${threads}  ${grouped(value('charsPerSecond')).padStart(9)} chars/s, ` +
    `${value('millisecondsPerStep').toFixed(2)} ms a step, ${value('gflops').toFixed(0)} GFLOPS, ` +
    `${(100 * value('shareOfPeak')).toFixed(0)} % of the matrix kernel's`;
  const profile = figure.profile as Record<string, number> | undefined;
  return profile ? `${line}\n${profileText(profile)}` : line;
}

function profileText(profile: Record<string, number>): string {
  const known = Object.values(profile).reduce((sum, share) => sum + share, 0);
  const rows = [...Object.entries(profile), ['JavaScript between them', 1 - known] as const];
  return rows
    .map(([part, share]) => `  ${part.padEnd(24)}${paint.dim('·')} ${(100 * share).toFixed(1).padStart(5)} %`)
    .join('\n');
}
