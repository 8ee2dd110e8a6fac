import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { withoutTwins } from '../../src/library/checkpoints.ts';
import { loadCheckpoint, requireWritable, saveCheckpoint } from '../../src/nn/checkpoint-file.ts';
import { readRun } from '../../src/training/record.ts';
import { file, type Outcome, PROSE, removeFolders, rnnProcess, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

// `--keep N`: the newest N of the states that are saved stay beside the model.

afterAll(removeFolders);

const STEPS = ['--steps', '40', '--validate-every', '10', '--quiet', ...TINY];
const SERIES = ['--save-every', '7', '--keep', '3'];
const KEPT = ['m.step-00000021.json', 'm.step-00000028.json', 'm.step-00000035.json'];
const ALL = ['m.json', 'm.last.json', ...KEPT];

function withText(): string {
  const cwd = temporaryFolder();
  file(cwd, 'text.txt', PROSE);
  return cwd;
}

async function done(cwd: string, args: readonly string[], env?: Record<string, string>): Promise<Outcome> {
  const outcome = await (env ? rnnProcess(args, { cwd, env }) : rnn(args, { cwd }));
  expect(outcome, outcome.stderr).toMatchObject({ status: 0 });
  return outcome;
}

async function refused(cwd: string, args: readonly string[], message: RegExp): Promise<void> {
  const { status, stdout, stderr } = await rnn(args, { cwd });
  expect(stderr).toMatch(message);
  expect({ stdout, failed: status === 1 || status === 2 }).toEqual({ stdout: '', failed: true });
}

const train = (...args: string[]): string[] => ['train', 'text.txt', ...args];
const checkpoints = (cwd: string): string[] => readdirSync(cwd).filter((name) => name.endsWith('.json'));
/** A hash of each checkpoint, by its name. */
const bytesOf = (cwd: string): Record<string, string> =>
  Object.fromEntries(
    checkpoints(cwd).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(cwd, name)))
        .digest('hex'),
    ]),
  );
const stepOf = (cwd: string, name: string): number => readRun(loadCheckpoint(join(cwd, name)), name).step;

/** A folder with the series of a run of 40 steps, beside the text. */
async function withSeries(): Promise<string> {
  const cwd = withText();
  await done(cwd, train('--out', 'm', ...SERIES, ...STEPS));
  return cwd;
}

/** A module that changes what `node:fs` does, for `NODE_OPTIONS`. */
function preload(cwd: string, body: string): Record<string, string> {
  const program = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
    const { renameSync } = fs; ${body}; syncBuiltinESMExports();`;
  return { NODE_OPTIONS: `--import=${file(cwd, 'preload.mjs', program)}` };
}

describe('a series of states', () => {
  test('has the newest of those that are saved, each as the run was then, and a seed gives the same bytes', async () => {
    const [one, other] = await Promise.all([withSeries(), withSeries()]);
    expect(checkpoints(one)).toEqual(ALL);
    expect(KEPT.map((name) => stepOf(one, name))).toEqual([21, 28, 35]);
    expect(bytesOf(other)).toEqual(bytesOf(one));
    const plain = withText();
    await done(plain, train('--out', 'm', ...STEPS));
    expect(bytesOf(one)).toMatchObject(bytesOf(plain));
  });

  test('resumes from its states, to the same bytes', async () => {
    const cwd = await withSeries();
    await refused(cwd, train('--resume', KEPT[1]!), /so it stays as it is; say with --out where/);
    await refused(cwd, train('--resume', KEPT[1]!, '--out', 'm'), /m\.json is there already/);
    for (const name of [KEPT[0]!, KEPT[2]!]) {
      const folder = `from-${stepOf(cwd, name)}`;
      await done(cwd, train('--resume', name, '--out', `${folder}/m`, ...SERIES));
      const [again, whole] = [bytesOf(join(cwd, folder)), bytesOf(cwd)];
      expect(again['m.last.json']).toBe(whole['m.last.json']);
      expect(again['m.json']).toBe(whole['m.json']);
      expect(whole).toMatchObject(again);
    }
    expect(checkpoints(cwd)).toEqual(ALL);
  });

  test('goes back in its place where it may be overwritten, and leaves no state of the steps that were undone', async () => {
    const cwd = await withSeries();
    await done(cwd, train('--resume', KEPT[0]!, '--out', 'm', '--overwrite', '--steps', '30', ...SERIES));
    expect(checkpoints(cwd)).toEqual(ALL.slice(0, -1));
    expect(stepOf(cwd, 'm.last.json')).toBe(30);
  });

  test('has the best model of a state where that is still there', async () => {
    const cwd = await withSeries();
    const state = JSON.parse(readFileSync(join(cwd, KEPT[2]!), 'utf8'));
    const model = JSON.parse(readFileSync(join(cwd, 'm.json'), 'utf8'));
    // No step is better than the third validation, whose model is beside the state.
    state.resume.data.best = 0;
    model.run = { ...model.run, step: 30, history: state.run.history };
    file(cwd, 'x.json', JSON.stringify(model));
    file(cwd, 'x.step-00000035.json', JSON.stringify(state));
    await done(cwd, train('--resume', 'x.step-00000035.json', '--out', 'y', '--quiet'));
    expect(stepOf(cwd, 'y.json')).toBe(30);
    // The model that is beside this state is of a later step than the state.
    file(cwd, 'x.json', readFileSync(join(cwd, 'm.json')));
    const { stderr } = await done(cwd, train('--resume', 'x.step-00000035.json', '--out', 'z'));
    expect(stderr).toMatch("z.json: the run's best model isn't there any more; the newest is saved in its place");
  });

  test('is one run to commands that compare runs, and none of it is the newest model', async () => {
    const cwd = withText();
    const { stdout: path } = await done(cwd, train(...SERIES, ...STEPS));
    expect(path).toBe('checkpoints/text.json\n');
    const names = readdirSync(join(cwd, 'checkpoints')).map((name) => `checkpoints/${name}`);
    expect(names).toHaveLength(5);
    const paths = names.map((name) => join(cwd, name));
    for (const from of [0, 1]) expect(withoutTwins(paths.slice(from))).toEqual([paths[from]]);
    expect(withoutTwins(paths.slice(2))).toEqual([paths[4]]);
    const { series } = JSON.parse((await done(cwd, ['plot', ...names, '--json'])).stdout);
    expect(series.map(({ name }: { name: string }) => name)).toEqual(['training', 'validation']);
    const { stdout: compared } = await done(cwd, ['compare', ...names, '--json']);
    expect(JSON.parse(compared).path).toBe('checkpoints/text.json'); // one line
    for (const [at, name] of names.entries()) utimesSync(join(cwd, name), 1000 + at, 1000 + at); // the series is newest
    expect((await done(cwd, ['sample', '--length', '2'])).stderr).toMatch('using checkpoints/text.json\n');
    const resumed = await done(cwd, train('--resume', '--steps', '41'));
    expect(resumed.stderr).toMatch('resuming checkpoints/text.last.json\n');
  });
});

describe('the files of a series are those of its run:', () => {
  test('another run is saved elsewhere, unless it may replace them all', async () => {
    const cwd = await withSeries();
    for (const name of ['m.json', 'm.last.json']) rmSync(join(cwd, name));
    mkdirSync(join(cwd, 'checkpoints'));
    linkSync(join(cwd, KEPT[0]!), join(cwd, 'checkpoints/text.step-00000021.json'));
    file(cwd, 'm.step-00000500.json', '"no checkpoint"');
    await refused(cwd, train('--out', 'm', ...STEPS), /m\.step-00000021\.json is there already/);
    const { stdout } = await done(cwd, train(...STEPS, '--steps', '2'));
    expect(stdout).toBe('checkpoints/text-2.json\n');
    await done(cwd, train('--out', 'm', '--overwrite', ...STEPS, '--steps', '2'));
    expect(checkpoints(cwd)).toEqual(['m.json', 'm.last.json', 'm.step-00000500.json']);
  });

  test('a run that replaces another has its own series alone, though a state is its first file', async () => {
    const cwd = await withSeries();
    const anew = ['--overwrite', '--validation', '0', '--save-every', '3', '--keep', '9', '--steps', '8', ...TINY];
    await done(cwd, train('--out', 'm', ...anew));
    expect(checkpoints(cwd)).toEqual(['m.json', 'm.last.json', 'm.step-00000003.json', 'm.step-00000006.json']);
  });

  test('a run that goes on where another run’s state is refuses', async () => {
    const cwd = await withSeries();
    const state = loadCheckpoint(join(cwd, KEPT[1]!));
    const run = state.run as { recipe: object };
    saveCheckpoint(join(cwd, KEPT[1]!), { ...state, run: { ...run, recipe: { ...run.recipe, seed: 'x' } } } as never);
    const args = train('--resume', 'm.last.json', '--steps', '50', ...SERIES);
    await refused(cwd, args, /m\.step-00000028\.json is no state of the run of m\.last\.json; give another --out/);
    await done(cwd, [...args, '--overwrite']);
  });

  test('names of states are no names of models', async () => {
    const cwd = withText();
    for (const out of ['m.step-00000012.json', 'm.step-00000012', 'm.last']) {
      await refused(
        cwd,
        train('--out', out, ...STEPS),
        /^rnn: --out m\S+ names that end in \S+ are those of states; give m\.json$/m,
      );
    }
    file(cwd, 'b.step-00000012.txt', PROSE);
    const { stdout } = await done(cwd, ['train', 'b.step-00000012.txt', ...STEPS, '--steps', '2']);
    expect(stdout).toBe('checkpoints/b-step-00000012.json\n');
    const out = ['--out', `${'x'.repeat(225)}.json`, ...STEPS, '--steps', '2'];
    await refused(cwd, train(...out, '--keep', '1'), /x\.step-\d+\.json: the checkpoint can't be saved: ENAMETOOLONG/);
    await done(cwd, train(...out));
  });

  test('a text of the run with such a name is not replaced', async () => {
    const cwd = withText();
    symlinkSync('text.txt', join(cwd, 'm.step-00000007.json'));
    await refused(cwd, train('--out', 'm', '--overwrite', ...SERIES, ...STEPS), /text\.txt is the text of this run/);
  });

  test('what a crashed run had left is removed', async () => {
    const cwd = withText();
    file(cwd, '.m.step-00000007.json.4000000.tmp', 'half');
    file(cwd, '.other.step-00000007.json.4000000.tmp', 'of another run');
    const { stderr } = await done(cwd, train('--out', 'm', '--steps', '2', ...TINY));
    expect(stderr).toMatch('removed what a crashed run had left: .m.step-00000007.json.4000000.tmp\n');
    expect(readdirSync(cwd).filter((name) => name.startsWith('.'))).toEqual(['.other.step-00000007.json.4000000.tmp']);
  });
});

describe('a series that is not written as it should:', () => {
  // The run is killed when a state has its name in the series, but is not the newest one yet; or just before.
  test.each([
    ['after', `renameSync(from, to); if (String(to).endsWith('step-00000028.json')) process.kill(process.pid, 9)`],
    ['before', `if (String(to).endsWith('step-00000028.json')) process.kill(process.pid, 9); renameSync(from, to)`],
  ])('killed %s a state is in it, the run ends with the bytes of the uninterrupted one', async (when, body) => {
    const [cwd, whole] = await Promise.all([withText(), withSeries()]);
    const env = preload(cwd, `fs.renameSync = (from, to) => { ${body} }`);
    expect((await rnnProcess(train('--out', 'm', ...SERIES, ...STEPS), { cwd, env })).status).toBe(128);
    expect(stepOf(cwd, 'm.last.json')).toBe(21);
    const { stderr } = await done(cwd, train('--resume', 'm.last.json', ...SERIES));
    expect(stderr.includes('removed what a crashed run had left')).toBe(when === 'before');
    expect(bytesOf(cwd)).toEqual(bytesOf(whole));
  });

  test('on a file system without links, each name has a file of its own', async () => {
    const [cwd, linked] = [withText(), withText()];
    const none = preload(cwd, `fs.linkSync = () => { throw Object.assign(new Error('no links'), { code: 'EPERM' }) }`);
    const args = train('--out', 'm', ...SERIES, ...STEPS, '--steps', '35');
    await Promise.all([done(cwd, args, none), done(linked, args)]);
    expect([cwd, linked].map((folder) => statSync(join(folder, 'm.last.json')).nlink)).toEqual([1, 2]);
    expect(bytesOf(cwd)).toEqual(bytesOf(linked));
  });

  test('the disk is full for its states alone: this is told once, and the run is saved', async () => {
    const cwd = withText();
    const full = preload(
      cwd,
      `fs.renameSync = (from, to) => {
         if (/step-\\d+.json$/.test(to)) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
         renameSync(from, to);
       }`,
    );
    const { stderr } = await done(cwd, train('--out', 'm', '--steps', '20', ...SERIES, ...TINY), full);
    expect(stderr.match(/^.*no space.*$/gm)).toEqual([
      "m.step-00000007.json: can't be saved: no space; the series goes on without it",
    ]);
    expect(checkpoints(cwd)).toEqual(['m.json', 'm.last.json']);
    expect(stepOf(cwd, 'm.last.json')).toBe(20);
  });
});

test('a temporary name that a crashed process of this number left is not written through', async () => {
  const cwd = await withSeries();
  const [kept, last] = [join(cwd, KEPT[2]!), join(cwd, 'm.last.json')];
  const before = readFileSync(kept, 'utf8');
  const left = join(cwd, `.m.last.json.${process.pid}.tmp`);
  for (const write of [() => requireWritable(last), () => saveCheckpoint(last, loadCheckpoint(last))]) {
    linkSync(kept, left);
    write();
    expect(readFileSync(kept, 'utf8')).toBe(before);
    expect(existsSync(left)).toBe(false);
  }
});
