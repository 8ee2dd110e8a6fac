import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { resolveRecipe } from '../../src/training/complete-recipe.ts';
import { removeFolders, shell, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

afterAll(removeFolders);

/** Columns of a terminal that help must fit without its lines being broken. */
const COLUMNS = 80;

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
  'attention',
  'export',
  'import',
  'corpus',
  'demo',
  'playground',
  'bench',
  'completion',
];

describe('help', () => {
  test.each([[], ...COMMANDS.map((name) => [name])])('rnn %s --help', async (...command) => {
    const { status, stdout, stderr } = await rnn([...command, '--help'], { cwd: temporaryFolder() });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: rnn /);
    expect(stdout).toMatch(/^Examples:$/m);
    expect(stdout.split('\n').filter((line) => [...line].length > COLUMNS)).toEqual([]);
    expect(stdout).toMatchSnapshot();
    expect((await rnn([...command, '-h'], { cwd: temporaryFolder() })).stdout).toBe(stdout);
  });

  test.each(COMMANDS)('of %s has -q, which leaves out remarks and progress', async (name) => {
    const { stdout } = await rnn([name, '--help'], { cwd: temporaryFolder() });
    expect(stdout).toMatch(/^ {2}-q, --quiet /m);
  });

  test('of train names the defaults of models of pairs', async () => {
    const { stdout } = await rnn(['train', '--help'], { cwd: temporaryFolder() });
    const [, named = ''] = /^Models of pairs have defaults of their own: (.*?)\.\n\n/ms.exec(stdout) ?? [];
    const { model, dropout, optimizer, rate } = resolveRecipe({ model: { pairs: { task: 'transduce' } } });
    expect(named.replace(/\s+/g, ' ')).toBe(
      `--cell ${model.cell} --layers ${model.layers} --hidden ${model.hidden} --embedding ${model.embedding} --dropout-input ${dropout.input} --dropout ${dropout.layers} --weight-decay ${optimizer.weightDecay} --lr ${rate}`,
    );
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

describe('rnn completion', () => {
  test('bash: commands, options and choices of options are completed', async () => {
    const script = `source <(rnn completion bash)
      try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rnn; echo "\${COMPREPLY[*]}"; }
      try rnn co; try rnn train --cell ''; try rnn sample --temp; try rnn train te`;
    const { stdout } = await shell(script, { cwd: temporaryFolder() });
    expect(stdout).toBe('complete compare corpus completion\nrnn lstm gru\n--temperature\n\n');
  });

  test.each(['bash', 'zsh', 'fish'])('%s: every command is there', async (name) => {
    const { status, stdout } = await rnn(['completion', name], { cwd: temporaryFolder() });
    expect(status).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`\\b${command}\\b`));
  });

  test('another shell is wrong usage', async () => {
    expect((await rnn(['completion', 'csh'], { cwd: temporaryFolder() })).status).toBe(2);
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
