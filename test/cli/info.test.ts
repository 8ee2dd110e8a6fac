import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

let folder: string;

/** What `rnn info` is asked about, with the time of its file. */
const RUNS = [
  { name: 'older', time: 1_000, options: '--cell gru --embedding 3' },
  { name: 'newest', time: 3_000, options: '--cell lstm --seed 5' },
  { name: 'old', time: 2_000, options: '--cell rnn --unit byte --validation 0' },
];

beforeAll(async () => {
  folder = temporaryFolder();
  file(folder, 'text.txt', PROSE);
  for (const { name, options, time } of RUNS) {
    const out = `checkpoints/${name}.json`;
    const args = ['train', 'text.txt', '--out', out, '--steps', '30', ...options.split(' '), ...TINY];
    expect((await rnn(args, { cwd: folder })).status).toBe(0);
    utimesSync(join(folder, out), time, time);
  }
  // None of these is a model, though newer.
  file(folder, 'checkpoints/notes.txt', '');
  file(folder, 'checkpoints/.newest.json.1.tmp', '');
});
afterAll(removeFolders);

describe('a checkpoint that is not named is the newest', () => {
  test.each(['sample', 'beam', 'info'])('rnn %s', async (command) => {
    const { status, stderr } = await rnn([command], { cwd: folder });
    expect(status).toBe(0);
    expect(stderr.split('\n')[0]).toBe('using checkpoints/newest.json');
  });
  test('which --quiet doesn’t say', async () => {
    expect(await rnn(['info', '--quiet'], { cwd: folder })).toMatchObject({ status: 0, stderr: '' });
  });
  test('nor does naming it', async () => {
    expect(await rnn(['info', 'checkpoints/old.json'], { cwd: folder })).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('rnn info', () => {
  test('says what a model is', async () => {
    const { stdout } = await rnn(['info'], { cwd: folder });
    expect(stdout).toMatch(/^checkpoint\tcheckpoints\/newest\.json$/m);
    expect(stdout).toMatch(/^model\tLSTM, 1 × 8 units, one-hot input, 1,518 parameters$/m);
    expect(stdout).toMatch(/^vocabulary\t30 symbols \(codepoints\): /m);
    expect(stdout).toMatch(/^corpus\tstream mode, 584 characters: /m);
    expect(stdout).toMatch(/^training\tadam, rate 0\.006, cosine schedule, batch 4, BPTT 16, seed 5$/m);
    expect(stdout).toMatch(/^done\t30 steps, \d\.\d\d epochs$/m);
    expect(stdout).toMatch(/^validation\t\d\.\d+ nats \(\d\.\d+ bits\) a symbol, best at step 30 of 30$/m);
    expect(stdout).toMatch(/^layers\.0\.recurrent\t\[8, 32\] +256$/m);
    expect(stdout).toMatch(/^step\tepoch\ttraining\tvalidation\tgradient\t/m);
    expect(stdout).toMatch(/^30\t\d\.\d\d\t\d\.\d+\t\d\.\d+\t/m);
  });

  test.each([
    ['older', 'GRU, reset before, 1 × 8 units, embeddings of 3 numbers as input'],
    ['old', 'tanh RNN, 1 × 8 units, one-hot input'],
  ])('of another cell: %s', async (name, model) => {
    const { stdout } = await rnn(['info', `checkpoints/${name}.json`], { cwd: folder });
    expect(stdout).toMatch(model);
  });

  test('--json is one line with everything', async () => {
    const { stdout } = await rnn(['info', '--json'], { cwd: folder });
    expect(stdout.match(/\n/g)).toHaveLength(1);
    const facts = JSON.parse(stdout) as {
      tensors: { shape: number[] }[];
      parameters: number;
      vocabulary: { symbols: string[] };
    };
    expect(facts).toMatchObject({
      path: 'checkpoints/newest.json',
      model: { cell: 'lstm', layers: 1, hidden: 8, symbols: 30 },
      vocabulary: { unit: 'codepoint', size: 30 },
      recipe: { seed: '5', bptt: 16 },
      corpus: { mode: 'stream', characters: 584 },
      step: 30,
      resumable: false,
    });
    expect(facts.vocabulary.symbols).toHaveLength(30);
    const sizes = facts.tensors.map(({ shape }) => shape.reduce((product, length) => product * length, 1));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(facts.parameters);
  });

  test('of the newest state of a run, which can be resumed', async () => {
    const { stdout } = await rnn(['info', 'checkpoints/newest.last.json', '--json'], { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject({ resumable: true, step: 30 });
  });

  test('--runtime says what runs here, and needs no checkpoint', async () => {
    const cwd = temporaryFolder();
    const { status, stdout, stderr } = await rnn(['info', '--runtime'], { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^kernel\t(wasm256|wasm128|js)$/m);
    expect(stdout).toMatch(new RegExp(`^node\\t${process.version}$`, 'm'));
    const json = await rnn(['info', '--runtime', '--json'], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({ node: process.version, threads: expect.any(Number) });
  });
});
