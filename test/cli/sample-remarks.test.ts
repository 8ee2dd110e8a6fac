import { afterAll, beforeAll, expect, test } from 'vitest';
import { file, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

let cwd: string;

beforeAll(async () => {
  cwd = temporaryFolder();
  file(cwd, 'names.txt', 'anna\nhanna\nmaria\nmira\nnora\nzara\nqamar\n'.repeat(9));
  const { status } = await rnn(['train', 'names.txt', '--steps', '60', '--out', 'names', '--quiet', ...TINY], { cwd });
  expect(status).toBe(0);
});
afterAll(removeFolders);

const sample = (...args: string[]) => rnn(['sample', '-c', 'names.json', ...args], { cwd });

test('the seed is said before the texts, and not where the options are refused', async () => {
  expect((await sample('--count', '2')).stderr).toMatch(/^seed \d+\n$/);
  for (const wrong of [
    ['--contains', 'x'],
    ['--prefix', '7'],
    ['--match', '('],
    ['--independent', '--prefix', '7'],
  ]) {
    const { status, stderr } = await sample(...wrong);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^rnn: .*\n$/);
  }
});

test('texts that are only found by looking ahead are said to be approximate, once, and in the JSON', async () => {
  const drawn = async (...args: string[]) => {
    const { stdout, stderr } = await sample('--count', '5', '--seed', '1', '--json', ...args);
    const texts: { text: string; exact: boolean }[] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    return { texts, stderr };
  };
  const likely = await drawn('--contains', 'a');
  expect(likely.texts.map(({ exact }) => exact)).toEqual(Array(5).fill(true));
  expect(likely.stderr).toBe('');
  const rare = await drawn('--contains', 'qzqzqz');
  expect(rare.texts.map(({ exact }) => exact)).toEqual(Array(5).fill(false));
  for (const { text } of rare.texts) expect(text).toContain('qzqzqz');
  expect(rare.stderr).toMatch(
    /^the texts were drawn by looking ahead, because the constraints are met so seldom: .*\n$/,
  );
});
