/**
 * PyTorch and this program in alternation, with a transducer: the table of pairs in test/README.md.
 *
 *     npm run bench:pairs                                   five rounds
 *     npm run bench:pairs -- --rounds 3 --python /usr/bin/python3
 *
 * PyTorch's side is pytorch_pairs.py in this folder. In training on n threads the faster of PyTorch with one and with n threads counts.
 * Decoding is on one thread, where PyTorch decodes sources one by one, as scripts for it often do, and 100 side by side. Prints the medians of
 * the rounds, and the median of the rounds' ratios, for machines drift.
 */
import { availableParallelism } from 'node:os';
import { median } from '../../src/kernel/timing.ts';
import { readFlags } from './flags.ts';
import { figures, hasPyTorch } from './pytorch.ts';

const flags = readFlags({ rounds: 5, seconds: 4 }, { python: 'python3', cell: 'lstm', layers: '2', hidden: '128' });

const RNN = new URL('../../bin/rnn.js', import.meta.url).pathname;
const PEER = new URL('pytorch_pairs.py', import.meta.url).pathname;
const { cell, layers, hidden, seconds } = flags;
const SHAPE = ['--cell', cell, '--layers', layers, '--hidden', hidden, '--seconds', String(seconds)];
const ALL_THREADS = [...new Set([1, availableParallelism()])];

type Figure = Readonly<Record<string, number | string>>;

/** A row of the table: how fast each program is, in this unit, in a round. */
interface Row {
  readonly name: string;
  readonly theirs: number;
  readonly ours: number;
}

if (!hasPyTorch(flags.python)) {
  console.log(`skipped: ${flags.python} has no PyTorch`);
} else {
  const rounds = Array.from({ length: flags.rounds }, round);
  console.log(`${cell} ${layers} × ${hidden}\n`);
  console.log('| what | PyTorch | rnn | ratio |\n|---|---|---|---|');
  for (const [at, { name }] of rounds[0]!.entries()) {
    const of = (pick: (row: Row) => number): number => median(rounds.map((rows) => pick(rows[at]!)));
    const speeds = [of((row) => row.theirs), of((row) => row.ours)].map((speed) =>
      Math.round(speed).toLocaleString('en-US'),
    );
    console.log(`| ${name} | ${speeds.join(' | ')} | ${of((row) => row.ours / row.theirs).toFixed(2)} |`);
  }
}

function round(): Row[] {
  const theirs = ALL_THREADS.flatMap((threads) =>
    figures(flags.python, [PEER, ...SHAPE, '--threads', `${threads}`, ...(threads > 1 ? ['--parts', 'training'] : [])]),
  );
  const ours = figures(process.execPath, [RNN, 'bench', '--task', 'transduce', ...SHAPE, '--json']);
  const training = ALL_THREADS.map((threads) => ({
    name: `training, target symbols a second, threads: ${threads}`,
    theirs: Math.max(...theirs.filter((figure) => Number(figure.threads) <= threads).flatMap(speedOfTraining)),
    ours: Math.max(...ours.filter((figure) => figure.threads === threads).flatMap(speedOfTraining)),
  }));
  const decoding = theirs.flatMap(({ part, together, sources, seconds: taken }) => {
    if (part === 'training') return [];
    const own = ours.find((figure) => figure.part === part)!;
    const name = `${part === 'greedy' ? 'greedy' : 'beams of 5'}, sources a second; PyTorch: ${together} together`;
    return [{ name, theirs: Number(sources) / Number(taken), ours: Number(own.sources) / Number(own.seconds) }];
  });
  return [...training, ...decoding];
}

function speedOfTraining({ part, symbolsPerSecond }: Figure): number[] {
  return part === 'training' ? [Number(symbolsPerSecond)] : [];
}
