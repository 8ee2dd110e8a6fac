/**
 * PyTorch and this program in alternation, on the same shapes in the same minutes: the tables of speed in README.md and test/README.md.
 *
 *     npm run bench:peers                                   every shape, five rounds
 *     npm run bench:peers -- --rounds 3 --python /usr/bin/python3 --only lstm
 *     npm run bench:peers -- --bfloat16 --only train    PyTorch in mixed precision (torch.autocast), this program in float32
 *
 * PyTorch's side is ../shared/peers/pytorch_char_lm.py, beside the project; of its splits of threads the fastest in each round
 * counts. Prints the medians of the rounds, and the median of the rounds' ratios, for machines drift.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from '../../src/kernel/timing.ts';

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    python: { type: 'string', default: 'python3' },
    peer: { type: 'string', default: new URL('../../../shared/peers/pytorch_char_lm.py', import.meta.url).pathname },
    only: { type: 'string', default: '' },
    bfloat16: { type: 'boolean', default: false },
  },
});

const RNN = new URL('../../bin/rnn.js', import.meta.url).pathname;

interface Shape {
  readonly task: 'train' | 'sample';
  readonly cell: 'lstm' | 'gru' | 'rnn';
  readonly hidden: number;
  readonly threads: number;
}

const all = availableParallelism();
const training = (cell: Shape['cell'], hidden: number): Shape[] =>
  [...new Set([1, all])].map((threads) => ({ task: 'train', cell, hidden, threads }));
const SHAPES: Shape[] = [
  ...training('lstm', 128),
  ...training('lstm', 512),
  ...training('gru', 128),
  ...training('rnn', 128),
  { task: 'sample', cell: 'lstm', hidden: 128, threads: 1 },
  { task: 'sample', cell: 'lstm', hidden: 512, threads: 1 },
];

/**
 * What Python runs when it starts in a folder of the path: it turns autocast on for the whole program, so that the peer, and the programs
 * that it starts, need no option for it.
 */
const AUTOCAST = `import torch
torch.set_autocast_dtype("cpu", torch.bfloat16)
torch.set_autocast_enabled("cpu", True)
`;

/** Characters a second. */
interface Round {
  readonly ours: number;
  readonly theirs: number;
}

if (!existsSync(flags.peer)) {
  console.log(`skipped: there is no ${flags.peer}`);
} else if (spawnSync(flags.python, ['-c', 'import torch']).status !== 0) {
  console.log(`skipped: ${flags.python} has no PyTorch`);
} else {
  compare(flags.bfloat16 ? autocastEnvironment() : process.env);
}

/** An environment in which every Python program computes in bfloat16 where autocast says so. */
function autocastEnvironment(): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(tmpdir(), 'rnn-autocast-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'sitecustomize.py'), AUTOCAST);
  return { ...process.env, PYTHONPATH: folder };
}

function compare(environment: NodeJS.ProcessEnv): void {
  const peer = flags.bfloat16 ? 'PyTorch in bfloat16' : 'PyTorch';
  console.log(`| task | shape | threads | ${peer}, chars/s | rnn, chars/s | ratio |\n|---|---|---|---|---|---|`);
  for (const shape of SHAPES) {
    const { task, cell, hidden, threads } = shape;
    if (!`${task} ${cell} ${hidden} ${threads}`.includes(flags.only)) continue;
    const rounds = Array.from({ length: Number(flags.rounds) }, () => round(shape, environment));
    const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
    const speeds = [of((r) => r.theirs), of((r) => r.ours)].map((speed) => Math.round(speed).toLocaleString('en-US'));
    const ratio = of((r) => r.ours / r.theirs).toFixed(2);
    console.log(`| ${task} | ${cell} 2 × ${hidden} | ${threads} | ${speeds.join(' | ')} | ${ratio} |`);
  }
}

function round({ task, cell, hidden, threads }: Shape, environment: NodeJS.ProcessEnv): Round {
  const common = ['--task', task, '--cell', cell, '--hidden', `${hidden}`, '--threads', `${threads}`];
  const theirs = run(flags.python, [flags.peer, ...common, '--seconds', flags.seconds], task, environment);
  const ours = run(
    process.execPath,
    [RNN, 'bench', ...common, '--seconds', flags.seconds, '--json'],
    task,
    process.env,
  );
  return { ours, theirs };
}

/** The fastest of the figures of that task which a program prints as JSON Lines. */
function run(command: string, argv: readonly string[], task: Shape['task'], env: NodeJS.ProcessEnv): number {
  const text = execFileSync(command, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env });
  const figures = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number | string>);
  const speeds = figures.filter((figure) => figure.task === task).map(charsPerSecond);
  return Math.max(...speeds);
}

function charsPerSecond(figure: Record<string, number | string>): number {
  const { chars_per_second, charsPerSecond: ours, us_per_char, microseconds } = figure;
  return Number(chars_per_second ?? ours ?? 1e6 / Number(us_per_char ?? microseconds));
}
