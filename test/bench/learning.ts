/**
 * What PyTorch and this program learn from a text in the same processor time of one core: the table "At equal time" in test/README.md.
 *
 *     npm run bench:learning -- book.txt                         1,000 steps of the defaults
 *     npm run bench:learning -- book.txt --steps 2000 --python /usr/bin/python3
 *
 * `rnn train FILE --threads 1 --steps N` runs first. PyTorch's side, pytorch_learning.py in this folder, then has as many processor seconds
 * for each of five learning rates; the best counts. Processor seconds hardly depend on what else the machine does.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { figures, hasPyTorch } from './pytorch.ts';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '1000' },
    python: { type: 'string', default: 'python3' },
    rates: { type: 'string', default: '0.0005,0.001,0.002,0.004,0.008' },
  },
});

const RNN = new URL('../../bin/rnn.js', import.meta.url).pathname;
const PEER = new URL('pytorch_learning.py', import.meta.url).pathname;

/** Prints the processor seconds of the whole process at its end, as the last line of standard error. */
const CLOCK = `data:text/javascript,${encodeURIComponent(`
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    process.stderr.write('\\n' + (user + system) / 1e6 + '\\n');
  });`)}`;

if (positionals.length === 0) console.log('name the texts: npm run bench:learning -- book.txt');
else if (!hasPyTorch(flags.python)) {
  console.log(`skipped: ${flags.python} has no PyTorch`);
} else {
  console.log('| text | processor s | PyTorch, by rate | its best | rnn | difference |\n|---|---|---|---|---|---|');
  for (const text of positionals) console.log(row(text));
}

function row(text: string): string {
  const { loss, seconds } = ours(text);
  const theirs = flags.rates.split(',').map((rate) => theirLoss(text, rate, seconds));
  const best = Math.min(...theirs);
  const all = theirs.map((each) => each.toFixed(3)).join(', ');
  return `| ${text} | ${Math.round(seconds)} | ${all} | ${best.toFixed(3)} | ${loss.toFixed(3)} | ${(best - loss).toFixed(3)} |`;
}

/** The validation loss of the defaults after so many steps, and the processor seconds that they took. */
function ours(text: string): { loss: number; seconds: number } {
  const folder = mkdtempSync(join(tmpdir(), 'charnn-learning-'));
  try {
    const out = join(folder, 'model.json');
    const argv = ['--import', CLOCK, RNN, 'train', text, '--threads', '1', '--steps', flags.steps, '--out', out];
    const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    const [run] = figures(process.execPath, [RNN, 'compare', out, '--json']);
    return { loss: Number(run!.validation), seconds: Number(stderr.trim().split('\n').at(-1)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function theirLoss(text: string, rate: string, seconds: number): number {
  const argv = [PEER, text, '--rate', rate, '--seconds', `${seconds}`];
  return Number(figures(flags.python, argv)[0]!.loss);
}
