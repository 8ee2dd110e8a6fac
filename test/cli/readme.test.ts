import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpus, file, removeFolders, run, shell, temporaryFolder } from '../helpers/cli.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The first block of code below a heading. */
function blockBelow(heading: string): string {
  const section = README.slice(README.indexOf(`\n${heading}\n`));
  return /```\w+\n([\s\S]*?)```/.exec(section)![1]!;
}

/** What follows a comment that begins so, to the next blank line. */
function pipeline(comment: string): string {
  const [, commands] = new RegExp(`^# ${comment}[^\\n]*\\n((?:.+\\n)+)`, 'm').exec(blockBelow('### Pipelines')) ?? [];
  return commands!.trimEnd();
}

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
  const names = readFileSync(corpus('rivers.txt'), 'utf8')
    .toLowerCase()
    .split('\n')
    .filter((name) => /^[a-z]+$/.test(name));
  const people = ['maria', 'mario', 'anna', ...names.slice(0, 60)];
  file(folder, 'people.tsv', people.map((name) => `${name}\t${name.slice(0, 3)}\n`).join(''));
  const log = Array.from({ length: 120 }, (_, at) => `GET /item/${at % 10} 200 ok\n`);
  file(folder, 'app.log', log.join(''));
  file(folder, 'today.log', [...log.slice(0, 5), 'GET /0 2 k20otmie/ //T\n', ...log.slice(5, 9)].join(''));
});
afterAll(removeFolders);

const runIt = (comment: string) => shell(pipeline(comment), { cwd: folder });

describe('the pipelines of the README do what they say', { timeout: 120_000 }, () => {
  test('train from standard input', async () => {
    const { stdout, statuses } = await runIt('Train from standard input');
    expect({ stdout, statuses }).toEqual({ stdout: 'people.json\n', statuses: '0 0' });
  });

  test('generate and count', async () => {
    const { stdout, statuses } = await runIt('Generate and count');
    expect(statuses).toMatch(/^0 0 0 (?:0|141) 0$/); // head may be gone before sort has written all
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^ +\d+ [a-z]+$/);
  });

  test('complete a column', async () => {
    const { stdout, statuses } = await runIt('Complete a column');
    expect(statuses).toBe('0 0 0');
    const found = stdout.trimEnd().split('\n');
    const prefixes = readFileSync(join(folder, 'people.tsv'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[1]!);
    expect(found).toHaveLength(prefixes.length);
    for (const [at, text] of found.entries()) expect(text.startsWith(prefixes[at]!), text).toBe(true);
  });

  test('rank candidates', async () => {
    const { stdout, statuses } = await runIt('Rank candidates');
    expect({ stdout, statuses }).toEqual({ stdout: 'maria\nmria\naaimr\n', statuses: '0 0 0' });
  });

  test('the surprising lines of a log', async () => {
    const { stdout } = await runIt('The surprising lines of a log');
    expect(stdout.split('\n').slice(1)).toEqual(['GET /0 2 k20otmie/ //T', '']);
  });

  test('the first characters of many', async () => {
    const { stdout, stderr, statuses } = await runIt('The first hundred');
    expect({ length: stdout.length, stderr, statuses }).toEqual({ length: 100, stderr: '', statuses: '0 0' });
  });
});

describe('the library', { timeout: 120_000 }, () => {
  const example = blockBelow('## As a library');

  test('does what the README’s example says', async () => {
    const library = new URL('../../dist/index.js', import.meta.url).href;
    const program = example
      .replace("'charnn'", JSON.stringify(library))
      .replace('LanguageModel, ', '')
      .replace(': LanguageModel', '')
      .replace("'corpora/deep-learn-machine.txt'", JSON.stringify(corpus('deep-learn-machine.txt')));
    writeFileSync(join(folder, 'example.mjs'), program);
    const { status, stdout, stderr } = await run(process.execPath, ['example.mjs'], { cwd: folder });
    expect(stderr).toMatch(/^step \d+: 0\.\d+$/m);
    const [deep, ...rest] = stdout.split('\n');
    expect({ status, deep }).toEqual({ status: 0, deep: 'deep true' });
    expect(rest.slice(0, 3).every((text) => ['deep', 'learn', 'machine'].includes(text))).toBe(true);
    expect(rest.slice(3)).toEqual(['true 5', 'arn']);
  });

  test('is typed: the example compiles as it stands', async () => {
    const types = join(ROOT, 'dist/types/index.d.ts');
    file(folder, 'example.ts', example.replace("'charnn'", JSON.stringify(types.replace('.d.ts', '.js'))));
    const options = '--noEmit --strict --module nodenext --target es2023 --skipLibCheck --types node'.split(' ');
    const roots = ['--typeRoots', join(ROOT, 'node_modules/@types')];
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    file(folder, 'package.json', '{"type":"module"}');
    const { status, stdout } = await run(process.execPath, [compiler, ...options, ...roots, 'example.ts'], {
      cwd: folder,
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});
