import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withWholeHistory } from '../../src/library/whole-history.ts';
import type { Checkpoint } from '../../src/nn/checkpoint.ts';
import { loadCheckpoint } from '../../src/nn/checkpoint-file.ts';
import { file, removeFolders, rnnProcess, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

let cwd: string;
let log: string;

const STEPS = 200;

/** A text too small for the model, so that it is soon learnt by heart. */
const OVERFIT = ['--mode', 'stream', '--validation', '0.3', '--hidden', '64', '--validate-every', '10', '--lr', '0.02'];

interface Saved {
  readonly run: { readonly step: number; readonly history: readonly { readonly step: number; validation: number }[] };
}

const saved = (name: string): Saved => JSON.parse(readFileSync(join(cwd, name), 'utf8')) as Saved;
const train = (...args: string[]) => rnn(['train', 'words.txt', ...args], { cwd });

beforeAll(async () => {
  cwd = temporaryFolder();
  const words =
    'adam berta cäsar dora emil friedrich gustav heinrich ida julius kaufmann ludwig martha nordpol otto paula';
  file(cwd, 'words.txt', `${words} quelle richard samuel theodor ulrich viktor wilhelm xanthippe ypsilon zeppelin\n`);
  const { status, stderr } = await train(...OVERFIT, '--steps', `${STEPS}`, '--out', 'm.json', '--threads', '2');
  expect(status).toBe(0);
  log = stderr;
});
afterAll(removeFolders);

test('a run that is resumed for fewer steps than it has says that steps are totals', async () => {
  const { status, stderr } = await train('--resume', 'm.last.json', '--steps', '50');
  expect(status).toBe(0);
  expect(stderr).toContain(
    'nothing was left to do: --steps and --epochs count from the start of the run, which has 200 steps',
  );
});

describe('the best model of a run that overfits', () => {
  test('has the whole history, as the newest state has', () => {
    const [best, last] = [saved('m.json').run, saved('m.last.json').run];
    expect(best.step).toBeLessThan(STEPS / 2);
    expect(best.history).toEqual(last.history);
    expect(best.history.at(-1)!.step).toBe(STEPS);
    expect(best.step).toBe(last.history.reduce((a, b) => (b.validation < a.validation ? b : a)).step);
  });

  test('gets it from a history that was thinned to as many points as the model has', () => {
    const [best, last] = ['m.json', 'm.last.json'].map((name) => loadCheckpoint(join(cwd, name))) as [
      Checkpoint,
      Checkpoint,
    ];
    const { history } = saved('m.last.json').run;
    const own = history.filter((point) => point.step <= saved('m.json').run.step);
    const whole = [own.at(-1)!, ...history.slice(history.length - own.length + 1)];
    const withHistory = (checkpoint: Checkpoint, points: readonly object[]) =>
      ({ ...checkpoint, run: { ...(checkpoint.run as object), history: points } }) as unknown as Checkpoint;
    const completed = withWholeHistory(withHistory(best, own), withHistory(last, whole));
    expect(own).toHaveLength(whole.length);
    expect((completed!.run as unknown as Saved['run']).history).toEqual(whole);
    expect(withWholeHistory(completed!, withHistory(last, whole))).toBeUndefined();
  });

  test('is told of at the end of the run, with what to do', () => {
    const late = Math.floor(100 * (1 - saved('m.json').run.step / STEPS));
    expect(log).toContain(
      `the best model is that of step ${saved('m.json').run.step}: the ${late} % of the run after it`,
    );
    expect(log).toContain('--patience 5 ends a run');
  });

  test('is marked in info, plot and the page, whichever file is opened', async () => {
    const place = `best at step ${saved('m.json').run.step} of ${STEPS}`;
    for (const name of ['m.json', 'm.last.json']) {
      const { stdout: facts } = await rnn(['info', name], { cwd });
      expect(facts).toContain(place);
      expect(facts).toMatch(/^done\t200 steps, /m);
      expect(facts).toMatch(new RegExp(`^${saved('m.json').run.step}\\t.*\\t\\* best$`, 'm'));
      const { stdout: drawn } = await rnn(['plot', name], { cwd });
      expect(drawn).toContain(`validation (${place})`);
      await rnn(['plot', name, '--what', 'loss', '--svg', 'm.svg'], { cwd });
      expect(readFileSync(join(cwd, 'm.svg'), 'utf8').match(/class="ring"/g)).toHaveLength(1);
    }
  });

  test('has the same bytes on another number of threads, and where the run was cut short and resumed', async () => {
    await train(...OVERFIT, '--steps', `${STEPS}`, '--out', 'one.json', '--threads', '1');
    expect(readFileSync(join(cwd, 'one.json'))).toEqual(readFileSync(join(cwd, 'm.json')));
    await rnnProcess(
      ['train', 'words.txt', ...OVERFIT, '--steps', `${STEPS}`, '--out', 'cut.json', '--save-every', '1'],
      {
        cwd,
        onStderr: (text, child) => {
          if (text.includes('step 120,')) child.kill('SIGKILL');
        },
      },
    );
    expect(saved('cut.last.json').run.step).toBeLessThan(STEPS);
    expect((await train('--resume', 'cut.last.json')).status).toBe(0);
    expect(readFileSync(join(cwd, 'cut.json'))).toEqual(readFileSync(join(cwd, 'm.json')));
  });
});
