import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

afterAll(removeFolders);

test('rnn playground writes a page here, says how to open it, and replaces no other page unless it is told to', async () => {
  const cwd = temporaryFolder();
  const path = join(cwd, 'playground.html');
  const written = {
    status: 0,
    stdout: 'playground.html\n',
    stderr: `open it in a browser: ${pathToFileURL(path).href}\n`,
  };
  expect(await rnn(['playground'], { cwd })).toEqual(written);
  const page = readFileSync(path, 'utf8');
  expect(page).toMatch(/^<!doctype html>/);
  // The same page again loses nothing.
  expect(await rnn(['playground'], { cwd })).toEqual(written);
  expect(await rnn(['playground', '--html', '-'], { cwd })).toEqual({ status: 0, stdout: page, stderr: '' });

  writeFileSync(path, '<!doctype html>mine');
  expect(await rnn(['playground'], { cwd })).toEqual({
    status: 1,
    stdout: '',
    stderr: 'rnn: playground.html is there already; name another with --html, or give --overwrite\n',
  });
  expect(readFileSync(path, 'utf8')).toBe('<!doctype html>mine');
  expect(await rnn(['playground', '--overwrite', '--quiet'], { cwd })).toEqual({ ...written, stderr: '' });
  expect(readFileSync(path, 'utf8')).toBe(page);
  writeFileSync(path, 'no page');
  expect((await rnn(['playground', '--overwrite'], { cwd })).stderr).toMatch(
    /^rnn: playground\.html is there already, and is no page/,
  );
});
