import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { file, removeFolders, run, temporaryFolder } from './helpers/cli.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A folder in which the package is installed, as `npm pack` makes it. */
let cwd: string;

/** Programs in TypeScript that use the package: an ES module, and two that are CommonJS. Their last lines are wrong. */
const CONSUMERS = {
  'module.mts': `
    import { type LanguageModel, load } from 'charnn';
    const model: LanguageModel = load('m.json');
    export const best = async (): Promise<string | undefined> => (await model.beam('d'))[0]?.text;
    export const wrong: number = model.name;`,
  'common.cts': `
    import { type LanguageModel, load } from 'charnn';
    const model: LanguageModel = load('m.json');
    export const best = async (): Promise<string | undefined> => (await model.beam('d'))[0]?.text;
    export const wrong: number = model.name;`,
  'page.mts': `
    import { load, type LanguageModel } from 'charnn/browser';
    const model: LanguageModel = await load('m.json');
    export const best = async (): Promise<string | undefined> => (await model.beam('d'))[0]?.text;
    export const wrong: number = model.name;`,
  'required.cts': `
    import charnn = require('charnn');
    const model: charnn.LanguageModel = charnn.load('m.json');
    export const best = async (): Promise<string | undefined> => (await model.beam('d'))[0]?.text;
    export const wrong: number = model.name;`,
};

beforeAll(() => {
  cwd = temporaryFolder();
  const options = { cwd: ROOT, encoding: 'utf8', shell: process.platform === 'win32' } as const;
  const args = ['pack', '--ignore-scripts', '--silent', '--pack-destination', cwd];
  const name = execFileSync('npm', args, options).trim();
  execFileSync('tar', ['-xzf', name], { cwd });
  mkdirSync(join(cwd, 'node_modules'), { recursive: true });
  renameSync(join(cwd, 'package'), join(cwd, 'node_modules/charnn'));
  symlinkSync(join(ROOT, 'node_modules/zod'), join(cwd, 'node_modules/zod'));
  for (const [name, text] of Object.entries(CONSUMERS)) file(cwd, name, text);
}, 120_000);
afterAll(removeFolders);

describe('the types of the package', () => {
  // TypeScript 7 has no node10 any more.
  test.each(['node16 node16', 'nodenext nodenext', 'preserve bundler'])(
    'are found by ES modules and by CommonJS: --module and --moduleResolution %s',
    async (settings) => {
      const [module = '', resolution = ''] = settings.split(' ');
      const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
      // The package's own types are checked, and need none of Node: it is used in pages, too.
      const options = ['--noEmit', '--strict', '--target', 'es2023', '--types', ''];
      const args = [...options, '--module', module, '--moduleResolution', resolution, ...Object.keys(CONSUMERS)];
      const { stdout } = await run(process.execPath, [compiler, ...args], { cwd });
      const errors = stdout.trim().split('\n').sort();
      // Only what is wrong is an error: had the types not been found, everything would be of the type any.
      expect(errors).toEqual(
        Object.keys(CONSUMERS)
          .sort()
          .map((name) => `${name}(5,18): error TS2322: Type 'string' is not assignable to type 'number'.`),
      );
    },
    60_000,
  );
});

test('the package is imported and required with the same exports, and its installation runs no script', async () => {
  const names = 'console.log(Object.keys(charnn).sort().join())';
  const imported = await run(
    process.execPath,
    ['--input-type=module', '-e', `import * as charnn from 'charnn'; ${names}`],
    { cwd },
  );
  expect(imported).toEqual({ status: 0, stdout: expect.stringMatching(/,load,/), stderr: '' });
  const required = await run(process.execPath, ['--no-warnings', '-e', `const charnn = require('charnn'); ${names}`], {
    cwd,
  });
  expect(required).toEqual(imported);
  const { scripts } = JSON.parse(readFileSync(join(cwd, 'node_modules/charnn/package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare']) expect(scripts).not.toHaveProperty(name);
});

test('the package has the manual page where npm looks for it', () => {
  const folder = join(cwd, 'node_modules/charnn');
  const { man } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { man: [string] };
  expect(Array.isArray(man)).toBe(true); // npm links no page that is named by a text alone
  expect(readFileSync(join(folder, man[0]), 'utf8')).toMatch(/^\.TH "RNN" "1"/);
});
