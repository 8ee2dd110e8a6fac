import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpus, file, removeFolders, run, shell, temporaryFolder } from '../helpers/cli.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const MANUAL = readFileSync(join(ROOT, 'src/cli/README.md'), 'utf8');

/** The first block of code below a heading of a document. */
function blockBelow(heading: string, document: string): string {
  const section = document.slice(document.indexOf(`\n${heading}\n`));
  return /```\w+\n([\s\S]*?)```/.exec(section)![1]!;
}

/** The commands below a comment that begins with these words, up to the next blank line. */
function pipeline(comment: string): string {
  const block = blockBelow('## Pipelines', MANUAL);
  const [, commands] = new RegExp(`^# ${comment}[^\\n]*\\n((?:.+\\n)+)`, 'm').exec(block) ?? [];
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

describe('the pipelines of the command line’s document do what they say', { timeout: 120_000 }, () => {
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

/** The first example of the README: a console, with commands after $. */
const CONSOLE = /```console\n([\s\S]*?)```/.exec(README)![1]!;

describe('the first example of the README', { timeout: 120_000 }, () => {
  test('prints what the README shows', async () => {
    const commands = [...CONSOLE.matchAll(/^\$ (.*)$/gmu)].map(([, command]) => command!.replace(/ +# .*$/u, ''));
    const [make, train, beam] = commands;
    const home = temporaryFolder();
    const trained = await shell(`${make}\n${train} --quiet`, { cwd: home });
    expect(trained.stdout.trimEnd()).toBe('checkpoints/words.json');
    expect(CONSOLE).toContain('\ncheckpoints/words.json\n');
    const rows = (await shell(beam!, { cwd: home })).stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    const shown = [...CONSOLE.matchAll(/^([a-z]+)<stop> +(\S+) +(\S+) +(\S+)$/gmu)];
    expect(rows.map(([text]) => text)).toEqual(shown.map(([, text]) => text));
    for (const [index, [, ...fields]] of shown.entries()) {
      const numbers = fields.slice(1).map(Number);
      for (const [at, number] of numbers.entries()) expect(Number(rows[index]![at + 1])).toBeCloseTo(number, 1);
    }
  });
});

describe('the library', { timeout: 120_000 }, () => {
  const example = blockBelow('## As a library', README);

  test('does what the README’s example says', async () => {
    const library = new URL('../../dist/index.js', import.meta.url).href;
    const program = example.replace("'charnn'", JSON.stringify(library));
    file(folder, 'words.txt', readFileSync(corpus('deep-learn-machine.txt')));
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

  test('has types that lead to no package but those that it installs', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: object };
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const [, from] of readFileSync(path, 'utf8').matchAll(/\bfrom '([^']+)'|\bimport\('([^']+)'\)/gu)) {
        if (from?.startsWith('.')) visit(join(path, '..', from.replace(/\.[jt]s$/u, '.d.ts')));
        else if (from && !from.startsWith('node:')) packages.add(from);
      }
    };
    visit(join(ROOT, 'dist/types/index.d.ts'));
    expect(seen.size).toBeGreaterThan(20);
    expect([...packages]).toEqual(Object.keys(dependencies));
  });
});
