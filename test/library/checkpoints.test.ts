import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readHead } from '../../src/library/checkpoint-head.ts';
import { file, PROSE, removeFolders, TINY, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

let cwd: string;

beforeAll(async () => {
  cwd = temporaryFolder();
  file(cwd, 'text.txt', PROSE);
  const { status, stderr } = await rnn(['train', 'text.txt', '--steps', '2', ...TINY], { cwd });
  expect(status, stderr).toBe(0);
});
afterAll(removeFolders);

describe('the newest checkpoint', () => {
  test('is found beside links that lead nowhere, or round in a circle', async () => {
    symlinkSync('circle.json', join(cwd, 'checkpoints', 'circle.json'));
    symlinkSync('nothing', join(cwd, 'checkpoints', 'gone.json'));
    const { status, stderr } = await rnn(['info'], { cwd });
    expect(stderr).toBe('using checkpoints/text.json\n');
    expect(status).toBe(0);
  });

  test('is looked for in no time where a damaged file has a long row of spaces', async () => {
    const long = `{"format": "charnn checkpoint"${' '.repeat(3_000_000)}}`;
    file(cwd, join('checkpoints', 'long.json'), long);
    const { stderr } = await rnn(['sample', '--length', '1', '--seed', '1'], { cwd });
    expect(stderr).toMatch(/^rnn: checkpoints\/long\.json: a checkpoint of an unknown version/m);
  });
});

test('a circle of links is no place for a run, and no text', async () => {
  symlinkSync('round.json', join(cwd, 'round.json'));
  for (const args of [
    ['train', 'text.txt', '--out', 'round.json', ...TINY],
    ['train', 'round.json', '--out', 'm.json', ...TINY],
  ]) {
    const { status, stderr } = await rnn(args, { cwd });
    expect(stderr).toMatch(/^rnn: round\.json.*\n$/);
    expect(stderr).not.toContain('a fault of the program');
    expect(status).toBe(1);
  }
});

test('the path of a page that is too long for a file is named, and is no fault of the program', async () => {
  const { status, stderr } = await rnn(['playground', '--html', `${'a'.repeat(300)}.html`], { cwd });
  expect(stderr).toMatch(/^rnn: a+\.html: can't be written: ENAMETOOLONG/);
  expect(status).toBe(1);
});

describe('the head of a checkpoint', () => {
  test('is read whatever spaces the file has around its keys', () => {
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    const spaced = file(folder, 'spaced.json', '{"format": "charnn checkpoint" \n,\n  "tensors"  : {}}');
    expect(readHead(spaced)).toEqual({ isState: false, run: undefined });
  });
});
