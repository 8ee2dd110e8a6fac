import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpus, file, PROSE, removeFolders, rnnProcess, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

afterAll(removeFolders);

const WORDS = readFileSync(corpus('rivers.txt'), 'utf8').split('\n').slice(0, 60).join('\n');

/** Corpora in both modes. */
const TEXTS = { stream: PROSE, lines: WORDS };

/** Small, but with every part that could depend on the number of threads. */
const MODEL = '--hidden 24 --layers 2 --batch 6 --bptt 12 --steps 12'.split(' ');

type Files = readonly [best: Buffer, last: Buffer];

async function trained(text: string, options: readonly string[], run = rnn): Promise<Files> {
  const cwd = temporaryFolder();
  file(cwd, 'text.txt', text);
  const outcome = await run(['train', 'text.txt', '--out', 'model.json', '--quiet', ...options], { cwd });
  expect(outcome).toEqual({ status: 0, stdout: 'model.json\n', stderr: '' });
  return saved(cwd);
}

function saved(cwd: string): Files {
  return [readFileSync(join(cwd, 'model.json')), readFileSync(join(cwd, 'model.last.json'))];
}

function equal(a: Files, b: Files): boolean {
  return a.every((bytes, index) => bytes.equals(b[index]!));
}

function tensors(bytes: Buffer): object {
  return (JSON.parse(bytes.toString()) as { tensors: object }).tensors;
}

describe.concurrent.each(Object.entries(TEXTS))('in %s mode', (mode, text) => {
  const options = ['--mode', mode, ...MODEL];

  test('one seed gives the same bytes in another process, another seed others', async () => {
    const [first, again, other] = [
      await trained(text, [...options, '--seed', '7']),
      await trained(text, [...options, '--seed', '7'], rnnProcess),
      await trained(text, [...options, '--seed', '8']),
    ];
    expect(equal(first, again)).toBe(true);
    expect(first[0].equals(other[0])).toBe(false);
    expect(first[1].equals(other[1])).toBe(false);
  });

  test('so do 1, 2 and 3 threads', async () => {
    const [one, two, three] = [
      await trained(text, [...options, '--threads', '1']),
      await trained(text, [...options, '--threads', '2']),
      await trained(text, [...options, '--threads', '3']),
    ];
    expect(equal(one, two)).toBe(true);
    expect(equal(one, three)).toBe(true);
  });

  test('so do the 128-bit and the 256-bit kernel', async (context) => {
    const probe = await rnn(['info', '--runtime', '--json'], { cwd: temporaryFolder() });
    if ((JSON.parse(probe.stdout) as { kernel: string }).kernel === 'js')
      context.skip('WebAssembly kernels are missing');
    const [narrow, wide] = [
      await trained(text, [...options, '--kernel', 'wasm128']),
      await trained(text, [...options, '--kernel', 'wasm256']),
    ];
    expect(equal(narrow, wide)).toBe(true);
  });

  test('so does every cell with every option', async () => {
    const choices = [
      '--cell gru --reset after --embedding 5 --optimizer rmsprop --clip-value 0.1',
      '--cell rnn --activation relu --init identity --optimizer sgd --bptt-stride 5 --schedule constant',
    ];
    for (const choice of choices) {
      const all = [...options, ...choice.split(' ')];
      expect(equal(await trained(text, all), await trained(text, [...all, '--threads', '2']))).toBe(true);
    }
  });
});

describe('interrupted and resumed', () => {
  // Long enough to be caught under way: the signal is sent at the first of 10 reports.
  const steps = 1000;
  const options = ['--mode', 'stream', '--steps', String(steps), '--validate-every', '100', ...TINY, '--hidden', '64'];
  let uninterrupted: Files;
  beforeAll(async () => {
    uninterrupted = await trained(PROSE, options);
  });

  async function interrupt(signal: NodeJS.Signals, args: readonly string[], cwd: string): Promise<number> {
    let sent = false;
    const { status, stdout, stderr } = await rnnProcess(args, {
      cwd,
      onStderr: (text, child) => {
        if (!sent && /^step \d+/m.test(text)) sent = child.kill(signal);
      },
    });
    expect(stdout).toBe('model.json\n');
    expect(stderr).toMatch('stopping after this step, and saving; once more to leave at once\n');
    expect(stderr).toMatch('saved; go on with --resume model.last.json and the same text\n');
    const reached = /^interrupted: ([\d,]+) steps/m.exec(stderr)?.[1] ?? '';
    expect(Number(reached.replace(',', ''))).toBeLessThan(steps);
    return status;
  }

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends with %d, and what follows equals the uninterrupted run', async (signal, expected) => {
    const cwd = temporaryFolder();
    file(cwd, 'text.txt', PROSE);
    expect(await interrupt(signal, ['train', 'text.txt', '--out', 'model.json', ...options], cwd)).toBe(expected);
    const resumed = await rnn(['train', 'text.txt', '--resume', 'model.last.json'], { cwd });
    expect(resumed).toMatchObject({ status: 0, stdout: 'model.json\n' });
    expect(resumed.stderr).toMatch(`all steps: ${steps.toLocaleString('en-US')} steps`);
    expect(equal(saved(cwd), uninterrupted)).toBe(true);
  });

  test('to a file of its own, with more threads, and told to go on for longer', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'other'));
    file(cwd, 'text.txt', PROSE);
    const common = ['--mode', 'stream', '--schedule', 'constant', ...TINY];
    const short = ['train', 'text.txt', '--out', 'other/model.json', '--steps', '20', ...common];
    expect((await rnn(short, { cwd })).status).toBe(0);
    const resume = ['train', 'text.txt', '--resume', 'other/model.last.json', '--threads', '2'];
    const longer = await rnn([...resume, '--out', 'model.json', '--steps', '50'], { cwd });
    expect(longer).toMatchObject({ status: 0, stdout: 'model.json\n' });
    // Their histories differ by the report at the first end; the parameters don't.
    const atOnce = await trained(PROSE, ['--steps', '50', ...common]);
    expect(tensors(saved(cwd)[1])).toEqual(tensors(atOnce[1]));
    const refused = await rnn([...resume, '--out', 'model.json'], { cwd });
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^rnn: model\.json is there already/);
  });

  test('a run that is over has nothing left to do', async () => {
    const cwd = temporaryFolder();
    file(cwd, 'text.txt', PROSE);
    const options = ['--steps', '5', '--out', 'model.json', ...TINY];
    expect((await rnn(['train', 'text.txt', ...options], { cwd })).status).toBe(0);
    const before = saved(cwd);
    const resumed = await rnn(['train', 'text.txt', '--resume', 'model.last.json'], { cwd });
    expect(resumed).toMatchObject({ status: 0, stdout: 'model.json\n' });
    expect(equal(saved(cwd), before)).toBe(true);
  });

  test('a second signal ends the program at once', async () => {
    const cwd = temporaryFolder();
    file(cwd, 'text.txt', PROSE);
    let sent = 0;
    const { status } = await rnnProcess(['train', 'text.txt', '--time', '10m', '--hidden', '512', '--batch', '16'], {
      cwd,
      onStderr: (text, child) => {
        if (sent === 0 && /^batch/m.test(text)) sent = child.kill('SIGINT') ? 1 : 0;
        else if (sent === 1 && /^stopping/m.test(text)) sent = child.kill('SIGINT') ? 2 : 1;
      },
    });
    expect(status).toBe(130);
  });
});

test('a seed decides what is sampled', async () => {
  const cwd = temporaryFolder();
  file(cwd, 'text.txt', WORDS);
  expect((await rnn(['train', 'text.txt', '--steps', '20', ...TINY], { cwd })).status).toBe(0);
  const sampled = async (...args: string[]) =>
    (await rnn(['sample', '--quiet', '--count', '20', ...args], { cwd })).stdout;
  const one = await sampled('--seed', 'a');
  expect(one.split('\n')).toHaveLength(21);
  expect(await sampled('--seed', 'a')).toBe(one);
  expect(await sampled('--seed', 'b')).not.toBe(one);
  expect(await sampled()).not.toBe(await sampled());
  const more = await sampled('--seed', 'a', '--count', '100');
  expect(more.startsWith(one)).toBe(true);
  const { stdout, stderr } = await rnn(['sample'], { cwd });
  expect(stderr).toMatch(/^seed \d+$/m);
  const seed = /^seed (\d+)$/m.exec(stderr)![1]!;
  const again = await rnn(['sample', '--seed', seed], { cwd });
  expect(again.stdout).toBe(stdout);
  expect(again.stderr).not.toMatch('seed');
});

test('threads are as many as there are, unless said otherwise', async () => {
  const cwd = temporaryFolder();
  file(cwd, 'text.txt', PROSE);
  const { stderr } = await rnn(['train', 'text.txt', '--steps', '1', '--hidden', '8', '--batch', '8'], { cwd });
  const [, threads] = /kernel \w+, (\d+) threads?\n/.exec(stderr) ?? [];
  expect(Number(threads)).toBeLessThanOrEqual(availableParallelism());
});
