import { grouped } from '../../counts.ts';
import type { Figure } from '../../library/benchmark.ts';
import { benchmarkSchema } from '../../library/benchmark-options.ts';
import { defineCommand } from '../command.ts';
import { Output, paint, remark } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';

/** `rnn bench`. */
export const command = defineCommand({
  schema: benchmarkSchema.extend({ json: OPTIONS.json, quiet: OPTIONS.quiet }),
  flags: {
    '': {
      cell: '--cell <name>',
      layers: '--layers <n>',
      hidden: '--hidden <n>',
      reset: '--reset <when>',
      batch: '--batch <n>',
      bptt: '--bptt <n>',
      symbols: '--symbols <n>',
      task: '--task <name>',
      threads: '--threads <n>',
      kernel: FLAGS.kernel,
      seconds: { flag: '--seconds <duration>', spelling: 'duration' },
      profile: '--profile',
      json: FLAGS.json,
      quiet: FLAGS.quiet,
    },
  },
  help: `
GFLOPS count the products that training needs, and none for one-hot inputs. The
peak is what the bare matrix kernel reaches on the same threads in the same
minute.

Examples:
  rnn bench
  rnn bench --cell lstm --hidden 512 --profile
  rnn bench --task train --json > speed.jsonl
  rnn bench --task transduce`,
  async run({ json, quiet, ...request }) {
    const { benchmark } = await import('../../library/benchmark.ts');
    const output = new Output();
    const figures = benchmark(request, ({ name, reason }) => {
      if (!quiet) remark(`kernel ${name} on Node ${process.version}: ${reason}`);
    });
    for await (const figure of figures) {
      await (json ? output.json(figure) : output.line(inWords(figure)));
      await output.flush();
    }
    return undefined;
  },
});

function inWords(figure: Figure): string {
  const value = (name: string): number => figure[name] as number;
  const threads = `${figure.threads} thread${figure.threads === 1 ? ' ' : 's'}`;
  if (figure.task === 'peak') return `${'matrix kernel'.padEnd(24)} ${threads}  ${value('gflops').toFixed(0)} GFLOPS`;
  const shape = `${figure.cell} ${figure.layers} × ${figure.hidden}`.padEnd(14);
  if (figure.task === 'transduce') return transducerLine(figure, shape, threads);
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

function transducerLine(figure: Figure, shape: string, threads: string): string {
  if (figure.part === 'training') {
    const speed = grouped(figure.symbolsPerSecond as number).padStart(9);
    return `${`${shape} training`.padEnd(24)} ${threads}  ${speed} target symbols/s`;
  }
  const search = figure.k === 1 ? 'greedy' : `beams of ${figure.k}`;
  const sources = grouped(figure.sources as number);
  return `${`${shape} ${search}`.padEnd(24)} ${threads}  ${(figure.seconds as number).toFixed(3)} s for ${sources} sources`;
}

function profileText(profile: Record<string, number>): string {
  const known = Object.values(profile).reduce((sum, share) => sum + share, 0);
  const rows = [...Object.entries(profile), ['JavaScript between them', 1 - known] as const];
  return rows
    .map(([part, share]) => `  ${part.padEnd(24)}${paint.dim('·')} ${(100 * share).toFixed(1).padStart(5)} %`)
    .join('\n');
}
