import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file, removeFolders, shell, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

/** Examples of several lines, from end to end; test/text/records.test.ts has how they are divided. */
const folder = temporaryFolder();
const POEM = 'abcd\nefgh';
const POEMS = `${POEM}\n\n`.repeat(12);
const OPTIONS = ['--validation', '0', '--steps', '150', '--lr', '0.02', ...TINY];

const run = (args: string, input?: string) => rnn(args.split(' '), { cwd: folder, ...(input ? { input } : {}) });
const train = (...args: string[]) => rnn(['train', ...args], { cwd: folder });

beforeAll(async () => {
  file(folder, 'poems', POEMS);
  for (const name of ['one', 'two', 'three']) file(folder, name, `${POEM}\n`);
  const separated = await train('poems', '--separator', '\\n\\n', '--out', 'poems.json', ...OPTIONS);
  expect(separated.status, separated.stderr).toBe(0);
  expect(separated.stderr).toContain('read as 12 examples, separated by \\n\\n\n');
  const files = await train('one', 'two', 'three', '--mode', 'files', '--out', 'files.json', ...OPTIONS);
  expect(files.stderr).toContain('read as 3 examples, a file each\n');
});
afterAll(removeFolders);

describe('a model of examples with a separator', () => {
  test('writes texts with the separator after each, which it reads again', async () => {
    const { stdout } = await run('sample -c poems.json --count 3 --temperature 0 --quiet');
    expect(stdout).toBe(`${POEM}\n\n`.repeat(3));
    const scored = await run('score -c poems.json --quiet', stdout);
    expect(scored.status, scored.stderr).toBe(0);
    expect(
      scored.stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split('\t')[2]),
    ).toEqual(Array(3).fill('abcd\\nefgh'));
  });

  test('is measured, told apart, shown and completed by whole texts', async () => {
    const evaluated = JSON.parse((await run('eval -c poems.json poems --json')).stdout) as { symbols: number };
    expect(evaluated.symbols).toBe(12 * (POEM.length + 1));
    const novel = await run('sample -c poems.json --novel poems --temperature 0 --quiet');
    expect(novel).toMatchObject({ status: 1, stdout: '' });
    expect((await run('info poems.json')).stdout).toMatch(/separated by \\n\\n/);
    expect((await run('beam -c poems.json --prefix ab --k 1')).stdout).toMatch(/^abcd\\nefgh\t/);
    const completed = await run('complete -c poems.json --k 1', 'ab\nabc\n');
    expect(completed.stdout).toBe('ab\tabcd\\nefgh\nabc\tabcd\\nefgh\n');
  });

  test('is resumed to the same bytes', async () => {
    const options = ['--separator', '\\n\\n', '--validation', '0', '--schedule', 'constant', ...TINY];
    expect((await train('poems', '--out', 'whole.json', '--epochs', '6', ...options)).status).toBe(0);
    expect((await train('poems', '--out', 'part.json', '--steps', '3', ...options)).status).toBe(0);
    const resumed = await train('poems', '--resume', 'part.last.json', '--epochs', '6');
    expect(resumed.status, resumed.stderr).toBe(0);
    const [whole, part] = ['whole', 'part'].map((name) => {
      const { tensors } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as { tensors: unknown };
      return JSON.stringify(tensors);
    });
    expect(part === whole).toBe(true);
    const other = await train('poems', '--resume', 'part.last.json', '--separator', '%');
    expect(other.stderr).toMatch(/--separator can't be given with --resume/);
    const tuned = await train('poems', '--fine-tune', 'poems.json', '--separator', '%');
    expect(tuned.stderr).toMatch(/--separator can't be given with --fine-tune/);
  });
});

describe('a model of a file each', () => {
  test('separates texts by an empty line, or by what it is told', async () => {
    const sample = 'sample -c files.json --temperature 0 --quiet';
    expect((await run(sample)).stdout).toBe(`${POEM}\n`);
    expect((await run(`${sample} --count 2`)).stdout).toBe(`${POEM}\n\n${POEM}\n`);
    expect((await run(`${sample} --count 2 -0`)).stdout).toBe(`${POEM}\0${POEM}\0`);
    expect((await run(`${sample} --count 2 --separator \\n%\\n`)).stdout).toBe(`${POEM}\n%\n${POEM}\n%\n`);
    expect((await run(`${sample} -0 --separator %`)).stderr).toMatch(/--separator and --null can't both be given/);
  });

  test('scores files, and what it has written', async () => {
    const texts = (stdout: string) =>
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split('\t')[2]);
    expect(texts((await run('score -c files.json one two')).stdout)).toEqual(Array(2).fill('abcd\\nefgh'));
    const { stdout, statuses } = await shell(
      'rnn sample -c files.json -n 3 -s 1 --temperature 0 -0 | rnn score -c files.json -0',
      { cwd: folder },
    );
    expect(statuses).toBe('0 0');
    expect(texts(stdout)).toEqual(Array(3).fill('abcd\\nefgh'));
  });
});

describe('a model of a stream', () => {
  test('puts a separator after its text where it is asked to', async () => {
    await train('poems', '--mode', 'stream', '--out', 'stream.json', ...OPTIONS);
    const sample = 'sample -c stream.json --length 5 --seed 1 --quiet';
    const { stdout } = await run(sample);
    expect((await run(`${sample} -0`)).stdout).toBe(`${stdout}\0`);
  });
});

describe('what texts begin with', () => {
  test('is each line of --prefix-file, with a line of texts for each', async () => {
    file(folder, 'prefixes', 'ab\r\nxy\r\nabc\r\n');
    const args = 'sample -c poems.json --count 2 --temperature 0 --quiet --prefix-file prefixes';
    const { status, stdout, stderr } = await run(args);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^rnn: line 2: "x" \(U\+0078\) at position 1 is not in the vocabulary/);
    const lines = stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t'));
    expect(lines.map(([prefix]) => prefix)).toEqual(['ab', 'xy', 'abc']);
    expect(lines.map(({ length }) => length)).toEqual([3, 1, 3]);
    expect(lines[0]![1]).toBe('abcd\\nefgh');
    const json = (await run(`${args} --json`)).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(json.map(({ line, prefix, texts }) => [line, prefix, texts.length])).toEqual([
      [1, 'ab', 2],
      [2, 'xy', 0],
      [3, 'abc', 2],
    ]);
  });

  test('differs from line to line, and is the same with the same seed', async () => {
    const args = 'sample -c poems.json --temperature 5 --length 9 --seed 3 --prefix-file -';
    const first = await run(args, 'a\na\n');
    const [one, two] = first.stdout.split('\n');
    expect(one).not.toBe(two);
    expect((await run(args, 'a\nb\n')).stdout.split('\n')[0]).toBe(one);
  });

  test('is the whole of --prompt-file', async () => {
    file(folder, 'prompt', 'abcd\ne');
    const { stdout } = await run('sample -c poems.json --temperature 0 --quiet --prompt-file prompt');
    expect(stdout).toBe(`${POEM}\n\n`);
    const piped = await run('sample -c poems.json --temperature 0 --quiet --prompt-file -', 'abcd\ne\n');
    expect(piped.stdout).toBe(`${POEM}\n\n`);
    expect((await run('beam -c poems.json --k 1 --prompt-file prompt')).stdout).toMatch(/^abcd\\nefgh\t/);
  });

  test.each(['sample', 'beam'])('is said once, by rnn %s', async (command) => {
    for (const [other, named] of [
      ['--prefix a --prompt-file prompt', /--prefix and --prompt-file can't both be given/],
      ['--prefix-file prefixes --prompt-file prompt', /--prefix-file and --prompt-file can't both/],
    ] as const) {
      const { status, stderr } = await run(`${command} -c poems.json ${other} --quiet`);
      expect(status).toBe(2);
      expect(stderr).toMatch(named);
    }
  });
});
