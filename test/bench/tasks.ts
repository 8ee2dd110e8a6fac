/**
 * The tables of tasks with known answers in src/insight/README.md, by the commands that stand there: `npm run bench:tasks -- lag 1` prints the rows of one table
 * and seed, and without arguments all of them, in some thirty minutes. Every model is trained from scratch by one thread.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BIN } from '../helpers/cli.ts';

const SEEDS = ['1', '2', '3'];
const COMMON = '--mode lines --layers 1 --validation 0 --threads 1 --quiet --overwrite';

/** Bytes. */
const LARGEST_TEXT = 2 ** 26;

const folder = mkdtempSync(join(tmpdir(), 'rnn-tasks-'));

function rnn(line: string): string {
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: LARGEST_TEXT } as const;
  return execFileSync(process.execPath, [BIN, ...line.split(' ')], options);
}

function write(name: string, task: string): void {
  writeFileSync(join(folder, name), rnn(`corpus ${task} --quiet`));
}

/** Trains on train.txt, and gives the share of determined symbols of test.txt that come out right. */
function accuracy(options: string, answers: string): number {
  train(options);
  return test(answers);
}

function train(options: string): void {
  rnn(`train train.txt ${COMMON} ${options} --out model.json`);
}

function test(answers: string): number {
  const evaluation = rnn(`eval test.txt --checkpoint model.json --only ${answers} --json --quiet`);
  return (JSON.parse(evaluation) as { accuracy: number }).accuracy;
}

function percent(share: number): string {
  return share === 1 ? '100 %' : `${(100 * share).toFixed(2)} %`;
}

/** By the length of the lag: which cells still bring the first symbol to the last. */
function lag(seed: string): void {
  for (const length of [10, 30, 100, 300]) {
    write('train.txt', `lag --length 2-${length} --count 5000 --seed ${seed}`);
    write('test.txt', `lag --length ${length} --count 1000 --seed test`);
    const steps = length > 100 ? 8000 : 4000;
    const options = `--hidden 32 --batch 32 --bptt ${length + 2} --lr 0.02 --steps ${steps} --seed ${seed}`;
    const shares = ['rnn', 'lstm', 'gru'].map((cell) => percent(accuracy(`--cell ${cell} ${options}`, 'ABCD')));
    console.log(`| ${length} | ${seed} | ${shares.join(' | ')} |`);
  }
}

/** Trained on numbers of up to 8 bits: 64 bits, and XOR at length 1,000. */
function serial(seed: string): void {
  write('train.txt', `addition --length 1-8 --count 5000 --seed ${seed}`);
  write('test.txt', 'addition --length 64 --count 1000 --seed test');
  const sum = accuracy(
    `--cell rnn --hidden 16 --batch 64 --lr 0.01 --steps 6000 --weight-decay 2 --seed ${seed}`,
    '01',
  );
  write('train.txt', `xor --length 1-8 --count 5000 --seed ${seed}`);
  write('test.txt', 'xor --length 1000 --count 1000 --seed test');
  const xor = accuracy(
    `--cell gru --hidden 16 --batch 32 --lr 0.01 --steps 3000 --weight-decay 1 --seed ${seed}`,
    '01',
  );
  console.log(`| ${seed} | ${percent(sum)} | ${percent(xor)} |`);
}

/** Trained on lines of up to 8 bits: the parity after each bit, and once at the end, of longer lines. */
function parity(seed: string): void {
  for (const [task, options] of [
    ['parity', '--hidden 16 --batch 32 --steps 3000 --weight-decay 1'],
    ['parity --final', '--hidden 32 --batch 32 --lr 0.005 --steps 8000'],
  ]) {
    write('train.txt', `${task} --length 1-8 --count 5000 --seed ${seed}`);
    for (const cell of ['rnn', 'lstm', 'gru']) {
      train(`--cell ${cell} ${options} --seed ${seed}`);
      const shares = [8, 20, 100, 1000].map((length) => {
        write('test.txt', `${task} --length ${length} --count 1000 --seed test`);
        return percent(test('01'));
      });
      console.log(`| ${task} | ${seed} | ${cell} | ${shares.join(' | ')} |`);
    }
  }
}

/** By the number of updates: how well ten symbols are said again. */
function copy(seed: string): void {
  for (const task of ['copy', 'copy-reversed']) {
    write('train.txt', `${task} --length 10 --count 5000 --seed ${seed}`);
    write('test.txt', `${task} --length 10 --count 1000 --seed test`);
    const options = `--cell lstm --hidden 64 --batch 32 --bptt 22 --lr 0.01 --schedule constant --seed ${seed}`;
    const shares = [250, 500, 1000, 2000].map((steps) => percent(accuracy(`${options} --steps ${steps}`, 'ABCDEFGH')));
    console.log(`| ${task} | ${seed} | ${shares.join(' | ')} |`);
  }
}

const TABLES = { lag, serial, parity, copy };
const [table, seed] = process.argv.slice(2);
try {
  for (const [name, print] of Object.entries(TABLES)) {
    if (table !== undefined && table !== name) continue;
    for (const each of seed === undefined ? SEEDS : [seed]) print(each);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
