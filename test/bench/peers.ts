/**
 * PyTorch and this program in alternation, on the same shapes in the same minutes: the tables of speed in README.md and test/README.md.
 *
 *     npm run bench:peers                                   every shape, five rounds
 *     npm run bench:peers -- --rounds 3 --python /usr/bin/python3 --only lstm
 *     npm run bench:peers -- --bfloat16 --only train        PyTorch in mixed precision (torch.autocast), this program in float32
 *
 * PyTorch's side is pytorch_language.py in this folder. In training on n threads the faster of PyTorch with one and with n threads counts.
 * Prints the medians of the rounds, and the median of the rounds' ratios, for machines drift.
 */
import { availableParallelism } from 'node:os';
import { median } from '../../src/kernel/timing.ts';
import { readFlags } from './flags.ts';
import { figures, hasPyTorch } from './pytorch.ts';

const flags = readFlags({ rounds: 5, seconds: 4 }, { python: 'python3', only: '', bfloat16: false });

const RNN = new URL('../../bin/rnn.js', import.meta.url).pathname;
const PEER = new URL('pytorch_language.py', import.meta.url).pathname;

interface Shape {
  readonly task: 'train' | 'sample';
  readonly cell: 'lstm' | 'gru' | 'rnn';
  readonly layers: number;
  readonly hidden: number;
  readonly threads: number;
  readonly batch: number;
  readonly bptt: number;
  readonly symbols: number;
}

const COMMON = { layers: 2, batch: 50, bptt: 50, symbols: 65 } as const;
const ALL_THREADS = [...new Set([1, availableParallelism()])];

const training = (cell: Shape['cell'], hidden: number, more: Partial<Shape> = {}): Shape[] =>
  ALL_THREADS.map((threads) => ({ task: 'train', cell, hidden, threads, ...COMMON, ...more }));
const sampling = (cell: Shape['cell'], hidden: number): Shape => ({
  task: 'sample',
  cell,
  hidden,
  threads: 1,
  ...COMMON,
});

const SHAPES: Shape[] = [
  ...training('lstm', 128),
  ...training('lstm', 512),
  ...training('gru', 128),
  ...training('gru', 64, { layers: 1, batch: 32, bptt: 64, symbols: 256 }),
  ...training('rnn', 128),
  sampling('lstm', 128),
  sampling('lstm', 512),
];

/** Characters a second. */
interface Round {
  readonly ours: number;
  readonly theirs: number;
}

if (hasPyTorch(flags.python)) compare();
else console.log(`skipped: ${flags.python} has no PyTorch`);

function compare(): void {
  const peer = flags.bfloat16 ? 'PyTorch in bfloat16' : 'PyTorch';
  console.log(`| task | shape | threads | ${peer}, chars/s | rnn, chars/s | ratio |\n|---|---|---|---|---|---|`);
  for (const shape of SHAPES) {
    const { task, cell, layers, hidden, threads } = shape;
    const name = `${cell} ${layers} × ${hidden}`;
    if (!`${task} ${name} ${threads}`.includes(flags.only)) continue;
    const rounds = Array.from({ length: flags.rounds }, () => round(shape));
    const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
    const speeds = [of((r) => r.theirs), of((r) => r.ours)].map((speed) => Math.round(speed).toLocaleString('en-US'));
    const ratio = of((r) => r.ours / r.theirs).toFixed(2);
    console.log(`| ${task} | ${name} | ${threads} | ${speeds.join(' | ')} | ${ratio} |`);
  }
}

function round({ threads, ...shape }: Shape): Round {
  const common = Object.entries({ ...shape, seconds: flags.seconds }).flatMap(([key, value]) => [
    `--${key}`,
    `${value}`,
  ]);
  const precision = flags.bfloat16 ? ['--bfloat16'] : [];
  const theirs = [...new Set([1, threads])].flatMap((each) =>
    figures(flags.python, [PEER, ...common, ...precision, '--threads', `${each}`]),
  );
  // A GRU whose reset gate acts after the product, as PyTorch's does, is the default of bench.
  const ours = figures(process.execPath, [RNN, 'bench', ...common, '--threads', `${threads}`, '--json']);
  return { ours: fastest(ours, shape.task), theirs: fastest(theirs, shape.task) };
}

/** The most characters a second of the figures of a task. */
function fastest(all: readonly Readonly<Record<string, number | string>>[], task: Shape['task']): number {
  const own = all.filter((figure) => figure.task === task);
  return Math.max(
    ...own.map(({ charsPerSecond, microseconds }) => Number(charsPerSecond ?? 1e6 / Number(microseconds))),
  );
}
