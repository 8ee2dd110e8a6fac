import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { rnn } from '../helpers/in-process.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** All documents, as paths from the root. */
const DOCUMENTS = ['.', '.github', 'corpora', 'src', 'test'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: folder !== '.', encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

const TEXTS = new Map(DOCUMENTS.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));

/** The anchor that GitHub gives a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** The anchors of a document, without what looks like a heading in its code. */
function anchorsOf(text: string): Set<string> {
  const prose = text.replace(/^```[\s\S]*?^```/gmu, '');
  return new Set([...prose.matchAll(/^#+ (.*)$/gmu)].map(([, heading]) => anchorOf(heading!)));
}

/** Where the links of a document lead within the project: files, as paths from the root, and anchors in them. */
function targetsOf(path: string, text: string): { file: string; anchor: string | undefined }[] {
  const prose = text.replace(/^```[\s\S]*?^```/gmu, '').replace(/`[^`\n]*`/gu, '``');
  return [...prose.matchAll(/\]\((?!https?:)([^)\s]*)\)/gu)].map(([, link = '']) => {
    const [file = '', anchor] = link.split('#');
    return { file: file === '' ? path : relative(ROOT, join(ROOT, dirname(path), file)), anchor };
  });
}

/** The lines of shell code in a document. In a console they follow a `$`. A line that ends in a backslash continues in the next one. */
function shellLines(text: string): string[] {
  const joined = text.replaceAll('\\\n', ' ');
  const scripts = [...joined.matchAll(/^```sh\n([\s\S]*?)^```/gmu)].flatMap(([, block]) => block!.split('\n'));
  const consoles = [...joined.matchAll(/^```console\n([\s\S]*?)^```/gmu)].flatMap(([, block]) =>
    [...block!.matchAll(/^\$ (.*)$/gmu)].map(([, line]) => line!),
  );
  return [...scripts, ...consoles].map((line) => line.replace(/(?:^|\s)#.*$/u, ''));
}

interface Call {
  readonly command: string;
  readonly options: readonly string[];
}

/** The calls of `rnn` in a line. A word in quotes is not an option. */
function callsIn(line: string): Call[] {
  const bare = line.replace(/"[^"]*"|'[^']*'/gu, '""');
  return bare.split(/\||;|&&|\$\(/u).flatMap((part) => {
    const [, command, rest = ''] = /(?:^|\s)rnn ([a-z]+)(.*)$/u.exec(part) ?? [];
    if (command === undefined) return [];
    return [{ command, options: [...rest.matchAll(/(?<=\s)--?[a-z][a-z-]*/gu)].map(([option]) => option) }];
  });
}

const helps = new Map<string, string>();
beforeAll(async () => {
  const main = (await rnn(['--help'], { cwd: ROOT })).stdout;
  const names = [...main.matchAll(/^ {2}([a-z]+) (?:\[options\]|<|\[| )/gmu)].map(([, name]) => name!);
  for (const name of new Set(names)) {
    const { status, stdout } = await rnn([name, '--help'], { cwd: ROOT });
    if (status === 0) helps.set(name, stdout);
  }
}, 120_000);

test('in the package, documents link to files of the package alone', () => {
  const options = { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' } as const;
  const listed = execFileSync('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], options);
  const [{ files }] = JSON.parse(listed) as [{ files: readonly { path: string }[] }];
  const packed = new Set(files.map(({ path }) => path));
  expect(packed).toContain('README.md');
  const missing = [...TEXTS]
    .filter(([path]) => packed.has(path))
    .flatMap(([path, text]) => targetsOf(path, text).map(({ file }) => `${path} links to ${file}`))
    .filter((link) => !packed.has(link.split(' links to ')[1]!));
  expect(missing).toEqual([]);
});

describe.each([...TEXTS])('%s', (path, text) => {
  test('links to what is there', () => {
    const broken = targetsOf(path, text).filter(({ file, anchor }) => {
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(join(ROOT, file), 'utf8')).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('calls commands with options that they have', () => {
    expect(helps.size).toBeGreaterThan(10);
    const wrong = shellLines(text)
      .flatMap(callsIn)
      .flatMap(({ command, options }) =>
        options
          .filter((option) => !new RegExp(`(?<![\\w-])${option}(?![\\w-])`, 'u').test(helps.get(command) ?? ''))
          .map((option) => `rnn ${command} ${option}`),
      );
    expect(wrong).toEqual([]);
  });

  test('names no other options, and no other scripts of npm', () => {
    const all = [...helps.values(), OTHER_OPTIONS].join('\n');
    const named = [...text.matchAll(/`(--[a-z][a-z0-9-]*)/gu)].map(([, option]) => option!);
    expect(named.filter((option) => !new RegExp(`(?<![\\w-])${option}(?![\\w-])`, 'u').test(all))).toEqual([]);
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const run = [...text.matchAll(/\bnpm run ([a-z][a-z:-]*)/gu)].map(([, script]) => script!);
    expect(run.filter((script) => !(script in scripts))).toEqual([]);
  });
});

/**
 * Options that documents name and no command's help has: of every command, of a benchmark (test/README.md), of V8 (src/kernel/README.md), and of
 * Chromium (src/pages/README.md).
 */
const OTHER_OPTIONS = `
  --help --version --debug --bfloat16
  --experimental-wasm-revectorize --wasm-revectorize --experimental-wasm-relaxed-simd --trace-wasm-revectorize
  --js-flags --no-liftoff --no-wasm-inlining --no-wasm-dynamic-tiering`;

describe('the README', () => {
  test('has at most 2,000 words', () => {
    expect(TEXTS.get('README.md')!.split(/\s+/u).filter(Boolean).length).toBeLessThanOrEqual(2000);
  });
});
