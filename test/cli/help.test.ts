import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { removeFolders, rnn, temporaryFolder } from '../helpers/cli.ts';

afterAll(removeFolders);

/** Columns of a terminal that help must fit without its lines being broken. */
const COLUMNS = 120;

const COMMANDS = [
  'train',
  'sample',
  'beam',
  'complete',
  'score',
  'eval',
  'compare',
  'info',
  'plot',
  'report',
  'gradflow',
  'bptt',
  'gates',
  'export',
  'import',
  'corpus',
  'demo',
  'bench',
];

describe('help', () => {
  test.each([[], ...COMMANDS.map((name) => [name])])('rnn %s --help', async (...command) => {
    const { status, stdout, stderr } = await rnn([...command, '--help'], { cwd: temporaryFolder() });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: rnn /);
    expect(stdout).toMatch(/^Examples:$/m);
    expect(stdout.split('\n').filter((line) => line.length > COLUMNS)).toEqual([]);
    expect(stdout).toMatchSnapshot();
    expect((await rnn([...command, '-h'], { cwd: temporaryFolder() })).stdout).toBe(stdout);
  });

  test('names every command', async () => {
    const { stdout } = await rnn(['--help'], { cwd: temporaryFolder() });
    const listed = /^Commands:\n((?: .*\n)+)/m.exec(stdout)?.[1]?.match(/^ {2}\w+/gm) ?? [];
    expect(listed.map((name) => name.trim())).toEqual(COMMANDS);
  });

  test('without a command it is shown on standard error: what was wanted is missing', async () => {
    const [bare, help] = [await rnn([], { cwd: temporaryFolder() }), await rnn(['--help'], { cwd: temporaryFolder() })];
    expect(bare).toEqual({ status: 2, stdout: '', stderr: help.stdout });
  });
});

test.each([[], ['train'], ['beam']])('rnn help %s is its --help', async (...command) => {
  const cwd = temporaryFolder();
  expect(await rnn(['help', ...command], { cwd })).toEqual(await rnn([...command, '--help'], { cwd }));
});

test.each(['--version', '-V', '-v'])('%s prints the version of the package', async (option) => {
  const path = new URL('../../package.json', import.meta.url);
  const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version: string };
  expect(await rnn([option], { cwd: temporaryFolder() })).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
});
