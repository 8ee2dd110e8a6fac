import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { loadCheckpoint } from '../../src/nn/checkpoint-file.ts';
import { readRun } from '../../src/training/record.ts';
import {
  BIN,
  file,
  type Outcome,
  PROSE,
  removeFolders,
  rnnProcess,
  run,
  TINY,
  temporaryFolder,
} from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';
import { canMount, fillAndResume } from './filling.ts';
import { killAndResume } from './killing.ts';

afterAll(removeFolders);

const STEP = /^step (\d+)/m;

/** Trains until it is interrupted; saves at every validation, which comes every few milliseconds. */
const ENDLESS = ['--time', '10m', '--validate-every', '20', '--save-every', '20', ...TINY];

/** Checks again and again, for ten seconds at most, while the run goes on: what it told may be told before it is done, or be old. */
function eventually(check: () => void): void {
  const end = performance.now() + 10_000;
  for (;;) {
    try {
      check();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}

/** One after the other: when a text is seen on standard error, something is done. After the last, the run is interrupted. */
type Scene = readonly (readonly [seen: RegExp, act: () => void])[];

async function play(cwd: string, args: readonly string[], scene: Scene, env = {}): Promise<Outcome> {
  let next = 0;
  let from = 0;
  let failure: unknown;
  const outcome = await rnnProcess(['train', 'text.txt', ...args], {
    cwd,
    env,
    onStderr: (text, child) => {
      try {
        for (; next < scene.length; next++) {
          const [seen, act] = scene[next]!;
          const found = seen.exec(text.slice(from));
          if (!found) return;
          from += found.index + found[0].length;
          act();
          if (next === scene.length - 1) child.kill('SIGINT');
        }
      } catch (error) {
        failure = error;
        child.kill('SIGKILL');
      }
    },
  });
  if (failure) throw failure;
  return outcome;
}

const wait = (): void => {};

function withText(): string {
  const cwd = temporaryFolder();
  file(cwd, 'text.txt', PROSE);
  return cwd;
}

const stepOf = (path: string): number => readRun(loadCheckpoint(path), path).step;
const hidden = (folder: string): string[] => readdirSync(folder).filter((name) => name.startsWith('.'));

describe.concurrent('killed at random instants and resumed', () => {
  test.each(['a', 'b'])(
    'a run ends with the bytes of the uninterrupted one: chain %s',
    async (chain) => {
      const seed = `${Date.now()}/${chain}`;
      const survival = await killAndResume(temporaryFolder(), seed, 1, 3);
      expect(survival, `seed ${seed}`).toMatchObject({ same: true });
    },
    300_000,
  );
});

test.concurrent('a disk that is full from some byte or some instant on: with space again, the run ends with the bytes of one that always had space', async (context) => {
  if (!canMount(temporaryFolder())) return context.skip('a small file system can’t be mounted here');
  const seed = String(Date.now());
  expect(await fillAndResume(temporaryFolder(), seed, 2), `seed ${seed}`).toMatchObject({ different: [] });
}, 300_000);

describe.concurrent('a disk that fails in mid-run is told of, training goes on, and nothing saved is lost:', () => {
  test('full, and then not any more', async (context) => {
    const cwd = withText();
    const out = join(cwd, 'small');
    mkdirSync(out);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=200k', 'tmpfs', out]).status !== 0)
      return context.skip('a small file system can’t be mounted here');
    let good = 0;
    try {
      const filler = join(out, 'filler');
      const outcome = await play(
        cwd,
        ['--out', 'small/model.json', ...ENDLESS],
        [
          [STEP, wait],
          [
            STEP,
            () => {
              const fill = spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1024']);
              expect(fill.stderr.toString()).toMatch('No space left');
            },
          ],
          [
            /model\.(last\.)?json: can't be saved: ENOSPC: .*; going on, and trying again later\n/,
            () => {
              good = stepOf(join(out, 'model.last.json'));
              eventually(() => expect(hidden(out)).toEqual(['.model.json.lock']));
              rmSync(filler);
            },
          ],
          [/json: saved again/, wait],
        ],
      );
      expect(outcome).toMatchObject({ status: 130, stdout: 'small/model.json\n' });
      expect(stepOf(join(out, 'model.last.json'))).toBeGreaterThan(good);
      expect(hidden(out)).toEqual([]);
    } finally {
      spawnSync('umount', [out]);
    }
  });

  test('full to the end, which is an error', async () => {
    const cwd = withText();
    // The best model has 7 kB, the newest state 20.
    const script = `ulimit -f 12; exec "${process.execPath}" "${BIN}" train text.txt --steps 100 --out model.json ${TINY.join(' ')}`;
    const { status, stdout, stderr } = await run('bash', ['-c', script], { cwd });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /\nrnn: model\.last\.json: the end of the run can't be saved: EFBIG: .*; nothing of this run is\n$/,
    );
    expect(stepOf(join(cwd, 'model.json'))).toBeGreaterThan(0);
    expect(readdirSync(cwd).sort()).toEqual(['model.json', 'text.txt']);
  });

  test('full when the whole file is renamed', async () => {
    const cwd = withText();
    const preload = fileURLToPath(new URL('../helpers/full-at-rename.mjs', import.meta.url));
    const options = ['--out', 'model.json', '--validation', '0', ...ENDLESS];
    const scene: Scene = [
      [/model\.last\.json: can't be saved: ENOSPC: no space left on device, rename/, wait],
      [/saved again/, wait],
    ];
    const outcome = await play(cwd, options, scene, { NODE_OPTIONS: `--import=${preload}` });
    expect(outcome).toMatchObject({ status: 130, stdout: 'model.json\n' });
    expect(stepOf(join(cwd, 'model.json'))).toBeGreaterThan(0);
    expect(hidden(cwd)).toEqual([]);
  });

  test('read-only', async (context) => {
    const cwd = withText();
    const out = join(cwd, 'locked');
    const isRoot = process.getuid?.() === 0;
    const set = (writable: boolean): boolean => {
      if (isRoot) return spawnSync('chattr', [writable ? '-i' : '+i', out]).status === 0;
      chmodSync(out, writable ? 0o700 : 0o500);
      return true;
    };
    mkdirSync(out);
    if (!set(false) || !set(true)) return context.skip('nothing keeps this user from writing');
    try {
      let before = '';
      const outcome = await play(
        cwd,
        ['--out', 'locked/model.json', ...ENDLESS],
        [
          [STEP, wait],
          [STEP, () => set(false)],
          [
            /json: can't be saved: (EACCES|EPERM): /,
            () => {
              before = readFileSync(join(out, 'model.last.json'), 'utf8');
            },
          ],
          [STEP, wait],
        ],
      );
      expect(outcome.status).toBe(1);
      expect(outcome.stderr).toMatch(
        /\nrnn: locked\/model\.(last\.)?json: the end of the run can't be saved: (EACCES|EPERM): .*; locked\/model\.last\.json has step \d+, to go on from with --resume\n$/,
      );
      expect(readFileSync(join(out, 'model.last.json'), 'utf8')).toBe(before);
    } finally {
      set(true);
    }
  });

  test('its folder removed: it is made anew, with the best model, too', async () => {
    const cwd = withText();
    const out = join(cwd, 'gone');
    const back = (): void => {
      for (const name of ['model.json', 'model.last.json']) expect(existsSync(join(out, name)), name).toBe(true);
    };
    // At once: while files are removed one by one, the run would put others beside them.
    const remove = (): void => {
      renameSync(out, `${out}.old`);
      rmSync(`${out}.old`, { recursive: true });
    };
    const scene: Scene = [
      [STEP, wait],
      [STEP, remove],
      [STEP, () => eventually(back)],
    ];
    const outcome = await play(cwd, ['--out', 'gone/model.json', ...ENDLESS], scene);
    expect(outcome).toMatchObject({ status: 130, stdout: 'gone/model.json\n' });
    back();
    expect(stepOf(join(out, 'model.last.json'))).toBeGreaterThan(stepOf(join(out, 'model.json')) - 1);
  });
});

describe.concurrent('two runs with the same --out', () => {
  test('the second refuses; when the first has crashed, its lock and leftovers are no hindrance', async () => {
    const cwd = withText();
    const args = ['train', 'text.txt', '--out', 'model.json', '--overwrite'];
    let second: Promise<Outcome> | undefined;
    const first = rnnProcess([...args, ...ENDLESS], {
      cwd,
      onStderr: (text, child) => {
        if (second || !STEP.test(text)) return;
        second = rnnProcess([...args, ...TINY, '--steps', '1'], { cwd });
        second.then(() => child.kill('SIGKILL'));
      },
    });
    expect((await first).status).toBe(128);
    const refused = await second!;
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /\nrnn: model\.json: another run is saving there \(process \d+ on \S+\); wait for it, or give another --out\n$/,
    );
    expect(hidden(cwd)).toContain('.model.json.lock');
    file(cwd, '.model.last.json.4000000.tmp', 'half a check');
    const third = await rnnProcess([...args, ...TINY, '--steps', '1'], { cwd });
    expect(third).toMatchObject({ status: 0, stdout: 'model.json\n' });
    // The run that was killed may have been saving, too.
    expect(third.stderr).toMatch(
      /^removed what a crashed run had left: .*\.model\.last\.json\.4000000\.tmp(, \.model\.last\.json\.\d+\.tmp)?\n/m,
    );
    expect(hidden(cwd)).toEqual([]);
  });

  test('two that are begun at once without --out take two names', async () => {
    const cwd = withText();
    const outcomes = await Promise.all(
      [1, 2, 3].map(() => rnnProcess(['train', 'text.txt', '--steps', '50', ...TINY], { cwd })),
    );
    expect(outcomes.map(({ stdout }) => stdout).sort()).toEqual(
      ['checkpoints/text-2.json\n', 'checkpoints/text-3.json\n', 'checkpoints/text.json\n'].sort(),
    );
  });

  test('a lock of another machine holds while it is fresh', async () => {
    const cwd = withText();
    const lock = file(cwd, '.model.json.lock', '{"pid":1,"host":"elsewhere.invalid","started":""}\n');
    const args = ['train', 'text.txt', '--out', 'model.json', '--steps', '1', ...TINY];
    expect((await rnnProcess(args, { cwd })).stderr).toMatch(
      'another run is saving there (process 1 on elsewhere.invalid)',
    );
    spawnSync('touch', ['-d', '11 minutes ago', lock]);
    expect((await rnnProcess(args, { cwd })).status).toBe(0);
  });
});

describe.concurrent('signals', () => {
  test('SIGHUP ends a run as SIGTERM does, with status 129', async () => {
    const cwd = withText();
    let sent = false;
    const { status, stdout, stderr } = await rnnProcess(['train', 'text.txt', '--out', 'model.json', ...ENDLESS], {
      cwd,
      onStderr: (text, child) => {
        if (!sent && STEP.test(text)) sent = child.kill('SIGHUP');
      },
    });
    expect({ status, stdout }).toEqual({ status: 129, stdout: 'model.json\n' });
    expect(stderr).toMatch('saved; go on with --resume model.last.json and the same text\n');
  });

  /** Runs its arguments on a pseudo-terminal that is closed as soon as training goes; waits for the process's end, as its lock tells. */
  const CLOSED = `
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b''
while b'loss' not in seen:
    seen += os.read(terminal, 65536)
os.close(terminal)
while os.path.exists('.model.json.lock'):
    time.sleep(0.05)
`;
  const hasTerminals = spawnSync('python3', ['-c', 'import os, pty']).status === 0;

  test.skipIf(!hasTerminals)('a terminal that is closed leaves a saved run', async () => {
    const cwd = withText();
    const command = [process.execPath, BIN, 'train', 'text.txt', '--out', 'model.json', ...ENDLESS];
    expect((await run('python3', ['-c', CLOSED, ...command], { cwd })).status).toBe(0);
    expect(stepOf(join(cwd, 'model.last.json'))).toBeGreaterThan(0);
  });

  test.skipIf(!hasTerminals)('and doesn’t end one that was begun by setsid', async () => {
    const cwd = withText();
    const options = ['--steps', '1500', '--validate-every', '50', '--json', '--out', 'model.json', ...TINY];
    const command = ['setsid', '-w', process.execPath, BIN, 'train', 'text.txt', ...options];
    expect((await run('python3', ['-c', CLOSED, ...command], { cwd })).status).toBe(0);
    expect(stepOf(join(cwd, 'model.last.json'))).toBe(1500);
  });
});

test.concurrent('--save-every writes the state after so many steps, and not between', async () => {
  const cwd = withText();
  const args = [
    'train',
    'text.txt',
    '--out',
    'model.json',
    '--steps',
    '40',
    '--validate-every',
    '10',
    '--save-every',
    '15',
  ];
  // Writes down the step of every state that is saved.
  const preload = file(
    cwd,
    'watch.mjs',
    `import fs from 'node:fs';
     import { syncBuiltinESMExports } from 'node:module';
     const { renameSync } = fs;
     fs.renameSync = (from, to) => {
       renameSync(from, to);
       if (String(to).endsWith('last.json')) fs.appendFileSync('steps', JSON.parse(fs.readFileSync(to)).run.step + '\\n');
     };
     syncBuiltinESMExports();`,
  );
  const { status } = await rnnProcess([...args, ...TINY], { cwd, env: { NODE_OPTIONS: `--import=${preload}` } });
  expect(status).toBe(0);
  const steps = readFileSync(join(cwd, 'steps'), 'utf8').trim().split('\n').map(Number);
  expect(steps).toEqual([15, 30, 40]);
});

test('--resume without a file takes the state beside --out, or the newest', async () => {
  const cwd = withText();
  const options = ['--steps', '5', ...TINY];
  expect((await rnn(['train', 'text.txt', '--out', 'own.json', ...options], { cwd })).status).toBe(0);
  expect((await rnn(['train', 'text.txt', ...options], { cwd })).status).toBe(0);
  const named = await rnn(['train', 'text.txt', '--out', 'own.json', '--steps', '9', '--resume'], { cwd });
  expect(named).toMatchObject({ status: 0, stdout: 'own.json\n' });
  expect(named.stderr).toMatch(/^resuming own\.last\.json\n/);
  const newest = await rnn(['train', 'text.txt', '--steps', '9', '--resume'], { cwd });
  expect(newest).toMatchObject({ status: 0, stdout: 'checkpoints/text.json\n' });
  expect(newest.stderr).toMatch(/^resuming checkpoints\/text\.last\.json\n/);
  rmSync(join(cwd, 'checkpoints'), { recursive: true });
  const none = await rnn(['train', 'text.txt', '--resume'], { cwd });
  expect(none).toMatchObject({ status: 1, stdout: '' });
  expect(none.stderr).toMatch(/^rnn: there is no state to resume from/);
});
