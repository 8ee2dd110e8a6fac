import {
  copyFileSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadCheckpoint } from '../../src/nn/checkpoint-file.ts';
import { readRun } from '../../src/training/record.ts';
import { file, type Outcome, PROSE, removeFolders, rnnProcess, shell, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { startPairs } from './starts.ts';

// A file is known by what it is: neither its name nor a hash is enough to replace it, to resume it, or to answer from it.

afterAll(removeFolders);

const STEPS = ['--steps', '5', '--quiet', ...TINY];

function withText(): string {
  const cwd = temporaryFolder();
  file(cwd, 'text.txt', PROSE);
  return cwd;
}

async function done(cwd: string, ...args: string[]): Promise<Outcome> {
  const outcome = await rnn(args, { cwd });
  expect(outcome, outcome.stderr).toMatchObject({ status: 0 });
  return outcome;
}

async function refused(
  cwd: string,
  args: readonly string[],
  message: RegExp,
  env?: Record<string, string>,
): Promise<void> {
  const { status, stdout, stderr } = await (env ? rnnProcess(args, { cwd, env }) : rnn(args, { cwd }));
  expect(stderr).toMatch(message);
  expect({ stdout, failed: status === 1 || status === 2 }).toEqual({ stdout: '', failed: true });
}

const read = (cwd: string, name: string): string => readFileSync(join(cwd, name), 'utf8');
const hidden = (cwd: string): string[] => readdirSync(cwd).filter((name) => name.startsWith('.'));
const stepOf = (cwd: string, name: string): number => readRun(loadCheckpoint(join(cwd, name)), name).step;

describe('what a run did not write itself is not replaced:', () => {
  test('a copy of a state that is resumed', async () => {
    const cwd = withText();
    await done(cwd, 'train', 'text.txt', '--out', 'm.json', ...STEPS);
    for (const copy of ['backup.json', 'keep', 'm.last.json.bak']) {
      copyFileSync(join(cwd, 'm.last.json'), join(cwd, copy));
      const before = read(cwd, copy);
      await refused(
        cwd,
        ['train', 'text.txt', '--resume', copy, '--steps', '9'],
        /so it stays as it is; say with --out where/,
      );
      await done(cwd, 'train', 'text.txt', '--resume', copy, '--steps', '9', '--out', `from-${copy}`);
      expect(read(cwd, copy)).toBe(before);
    }
  });

  test('another run’s model beside the state: the pair is refused', async () => {
    const cwd = withText();
    await done(cwd, 'train', 'text.txt', '--out', 'a.json', ...STEPS);
    await done(cwd, 'train', 'text.txt', '--out', 'b.json', ...STEPS, '--seed', 'other');
    copyFileSync(join(cwd, 'b.json'), join(cwd, 'a.json'));
    const before = read(cwd, 'a.json');
    const args = ['train', 'text.txt', '--out', 'a.json', '--resume', '--steps', '9'];
    await refused(cwd, args, /a\.json is no model of the run of a\.last\.json; give another --out, or --overwrite/);
    expect(read(cwd, 'a.json')).toBe(before);
    await done(cwd, ...args, '--overwrite');
  });

  test('a killed --overwrite run leaves no state of the run before', async () => {
    const cwd = withText();
    await done(cwd, 'train', 'text.txt', '--out', 'b.json', ...STEPS);
    const anew = ['--overwrite', '--seed', 'new', '--time', '5m', '--validate-every', '5', '--save-every', '1h'];
    let killed = false;
    await rnnProcess(['train', 'text.txt', '--out', 'b.json', ...anew, ...TINY], {
      cwd,
      onStderr: (text, child) => {
        if (!killed && /^step 50,/m.test(text)) killed = child.kill('SIGKILL');
      },
    });
    await refused(
      cwd,
      ['train', 'text.txt', '--out', 'b.json', '--resume'],
      /b\.last\.json: there is no such checkpoint/,
    );
  });

  test('a killed --overwrite run whose state came first leaves no model of the run before', async () => {
    const cwd = withText();
    await done(cwd, 'train', 'text.txt', '--out', 'b.json', ...STEPS);
    // Without a held-out part, the best model is the last one: the state is written long before it.
    const anew = ['--overwrite', '--seed', 'new', '--validation', '0', '--time', '5m', '--save-every', '1'];
    let killed = false;
    await rnnProcess(['train', 'text.txt', '--out', 'b.json', ...anew, ...TINY], {
      cwd,
      onStderr: (text, child) => {
        if (!killed && /^step [5-9]\d/m.test(text)) killed = child.kill('SIGKILL');
      },
    });
    const reached = stepOf(cwd, 'b.last.json');
    expect(reached).toBeGreaterThan(5);
    await done(cwd, 'train', 'text.txt', '--out', 'b.json', '--resume', '--steps', String(reached + 3), '--quiet');
    expect(stepOf(cwd, 'b.json')).toBe(reached + 3);
  });

  test('a device, a link, the text itself, and a file of another kind', async () => {
    const cwd = withText();
    await refused(cwd, ['train', 'text.txt', '--out', '/dev/null', '--overwrite', ...STEPS], /it is no regular file/);
    await done(cwd, 'train', 'text.txt', '--out', 'm.json', ...STEPS);
    symlinkSync('m.json', join(cwd, 'link.json'));
    await refused(cwd, ['train', 'text.txt', '--out', 'link.json', ...STEPS], /link\.json is there already/);
    await done(cwd, 'train', 'text.txt', '--out', 'link.json', '--overwrite', ...STEPS, '--steps', '7');
    expect(lstatSync(join(cwd, 'link.json')).isSymbolicLink()).toBe(true);
    expect(stepOf(cwd, 'link.last.json')).toBe(7);
    file(cwd, 'text.json', PROSE);
    await refused(
      cwd,
      ['train', 'text.json', '--out', 'text.json', '--overwrite', ...STEPS],
      /is the text of this run/,
    );
    expect(read(cwd, 'text.json')).toBe(PROSE);
    const before = read(cwd, 'm.json');
    await refused(cwd, ['plot', 'm.json', '--svg', 'm.json'], /m\.json is read by this command/);
    await refused(
      cwd,
      ['plot', 'm.json', '--svg', 'text.txt'],
      /text\.txt is there already, and is no drawing \(SVG\)/,
    );
    await refused(cwd, ['report', 'm.json', '--html', 'text.txt', '--length', '50'], /is no page \(HTML\)/);
    await done(cwd, 'plot', 'm.json', '--svg', 'm.svg');
    await done(cwd, 'plot', 'm.json', '--svg', 'm.svg');
    expect([read(cwd, 'm.json'), read(cwd, 'text.txt')]).toEqual([before, PROSE]);
    expect(hidden(cwd)).toEqual([]);
  });
});

describe('names', () => {
  test.each([
    ['.zsh_history', 'zsh_history'],
    ['....txt', 'corpus'],
    ['book.last.txt', 'book-last'],
    ['-dash.txt', 'dash'],
    [`${'é'.repeat(120)}.txt`, 'é'.repeat(100)],
  ])('the model of %s is one that the newest model is looked for among', async (text, name) => {
    const cwd = temporaryFolder();
    file(cwd, text, PROSE);
    const { stdout } = await done(cwd, 'train', `./${text}`, ...STEPS);
    expect(stdout).toBe(`checkpoints/${name}.json\n`);
    expect((await done(cwd, 'sample', '--length', '3')).stderr).toMatch(`using checkpoints/${name}.json`);
  });

  test.each([
    ['noext', 'noext.json', 'noext.last.json'],
    ['two.ends', 'two.ends.json', 'two.ends.last.json'],
    ['.dot', '.dot.json', '.dot.last.json'],
    ['x.json', 'x.json', 'x.last.json'],
    ['.json', '.json.json', '.json.last.json'],
  ])('--out %s is one run, which its state goes on with', async (out, model, state) => {
    const cwd = withText();
    expect((await done(cwd, 'train', 'text.txt', '--out', out, ...STEPS)).stdout).toBe(`${model}\n`);
    await refused(cwd, ['train', 'text.txt', '--out', model, ...STEPS], /is there already/);
    expect((await done(cwd, 'train', 'text.txt', '--resume', state, '--steps', '9', '--quiet')).stdout).toBe(
      `${model}\n`,
    );
    expect((await done(cwd, 'train', 'text.txt', '--resume', '--out', out, '--steps', '12')).stdout).toBe(`${model}\n`);
    expect(stepOf(cwd, state)).toBe(12);
  });

  test('--out foo.last.json, whose file would be another run’s state, is refused', async () => {
    const cwd = withText();
    await refused(cwd, ['train', 'text.txt', '--out', 'foo.last.json', ...STEPS], /those of states; give foo\.json$/m);
  });

  test('a state that can’t be written is found before training', async () => {
    const cwd = withText();
    const long = `${'x'.repeat(238)}.json`;
    await refused(cwd, ['train', 'text.txt', '--out', long, ...STEPS], /the checkpoint can't be saved: ENAMETOOLONG/);
    expect(readdirSync(cwd).filter((name) => name.includes('xxx'))).toEqual([]);
  });
});

describe('a text', () => {
  test('that ends elsewhere is another text', async () => {
    const cwd = withText();
    file(cwd, 'a.txt', PROSE.slice(0, 500));
    file(cwd, 'b.txt', PROSE.slice(500));
    await done(cwd, 'train', 'a.txt', 'b.txt', '--out', 'm.json', ...STEPS);
    await refused(cwd, ['train', 'text.txt', '--out', 'm.json', '--resume', '--steps', '9'], /in other files/);
    await done(cwd, 'train', 'a.txt', 'b.txt', '--out', 'm.json', '--resume', '--steps', '9');
  });

  test('finds its own run, though another is newer', async () => {
    const cwd = withText();
    file(cwd, 'other.txt', PROSE.toUpperCase());
    await done(cwd, 'train', 'text.txt', ...STEPS);
    await done(cwd, 'train', 'other.txt', ...STEPS);
    for (const name of ['text.json', 'text.last.json']) utimesSync(join(cwd, 'checkpoints', name), 1, 1);
    const own = /(?:using|resuming) checkpoints\/text\.(?:last\.)?json/;
    for (const args of [
      ['gradflow', 'text.txt', '--lags', '2', '--positions', '2', '--jacobians', '0', '--json'],
      ['report', '--text', 'text.txt', '--html', 'page.html', '--length', '20'],
      ['eval', 'text.txt', '--part', 'validation'],
      ['train', 'text.txt', '--resume', '--steps', '9'],
    ]) {
      expect((await done(cwd, ...args)).stderr).toMatch(own);
    }
    const piped = await shell('rnn eval <(cat text.txt) --json', { cwd }); // a pipe is read once
    expect(piped).toMatchObject({ status: 0 });
    file(cwd, 'third.txt', 'a third text\n'.repeat(50));
    await refused(cwd, ['train', 'third.txt', '--resume'], /no run in \.\/checkpoints was trained on this text/);
  });
});

describe('a resumed run without a new best', () => {
  const resumed = ['train', 'text.txt', '--resume', 'a.last.json', '--steps', '12'];
  const begun = [
    'train',
    'text.txt',
    '--out',
    'a.json',
    '--validate-every',
    '2',
    '--seed',
    '1',
    '--steps',
    '6',
    ...TINY,
  ];

  /** A state that believes that its best validation loss was 0: no step is better. */
  async function withBest(cwd: string): Promise<void> {
    await done(cwd, ...begun);
    const state = JSON.parse(read(cwd, 'a.last.json')) as { resume: { data: { best: number } } };
    state.resume.data.best = 0;
    writeFileSync(join(cwd, 'a.last.json'), JSON.stringify(state));
  }

  test('saves the best model so far at another --out', async () => {
    const cwd = withText();
    await withBest(cwd);
    await done(cwd, ...resumed, '--out', 'b.json');
    expect(stepOf(cwd, 'b.json')).toBe(stepOf(cwd, 'a.json'));
    expect(stepOf(cwd, 'b.json')).toBeLessThan(12);
    expect(stepOf(cwd, 'b.last.json')).toBe(12);
  });

  test('saves the newest where the best was moved away', async () => {
    const cwd = withText();
    await withBest(cwd);
    renameSync(join(cwd, 'a.json'), join(cwd, 'kept.json'));
    expect((await done(cwd, ...resumed)).stdout).toBe('a.json\n');
    expect(stepOf(cwd, 'a.json')).toBe(12);
  });
});

describe('locks', () => {
  test('two processes that begin at once never both hold one, whatever was left before, and leave nothing', async () => {
    expect(await startPairs(60)).toEqual({ rounds: 60, both: 0, neither: 0, left: [] });
  }, 120_000);

  test('a refused --out leaves none', async () => {
    const cwd = withText();
    writeFileSync(join(cwd, 'm.json'), 'mine');
    await refused(cwd, ['train', 'text.txt', '--out', 'm.json', ...STEPS], /is there already/);
    expect(hidden(cwd)).toEqual([]);
  });
});

describe('the model of a command', () => {
  test('is named in one way everywhere, or by RNN_CHECKPOINT', async () => {
    const cwd = withText();
    await done(cwd, 'train', 'text.txt', '--out', 'm.json', ...STEPS);
    for (const args of [['info'], ['plot'], ['sample', '--length', '2'], ['compare']]) {
      await done(cwd, ...args, '-c', 'm.json', '--quiet');
    }
    await done(cwd, 'export', '-c', 'm.json', 'm.safetensors');
    const { stderr } = await rnnProcess(['info'], { cwd, env: { RNN_CHECKPOINT: 'm.json' } });
    expect(stderr).toBe('using m.json (RNN_CHECKPOINT)\n');
    await refused(cwd, ['info', 'm.json', '-c', 'm.json'], /named by --checkpoint or by an argument, not by both/);
    await refused(
      cwd,
      ['beam', '-c', 'm.json', 'ma'],
      /ma: rnn beam takes no argument; give a prefix with --prefix ma/,
    );
    await refused(cwd, ['sample', 'm.json'], /rnn sample takes no argument; name the model with --checkpoint m\.json/);
  });

  test('plot draws a run once', async () => {
    const cwd = withText();
    await done(cwd, 'train', 'text.txt', '--out', 'm.json', ...STEPS);
    const { stdout } = await done(cwd, 'plot', 'm.json', 'm.last.json', '--json');
    const { series } = JSON.parse(stdout) as { series: { name: string }[] };
    expect(series.some(({ name }) => name.includes('last'))).toBe(false);
  });
});
