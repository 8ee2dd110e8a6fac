import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { corpus, file, removeFolders, temporaryFolder } from '../helpers/cli.ts';
import { rnn } from '../helpers/in-process.ts';

afterAll(removeFolders);

interface Completion {
  readonly text: string;
  readonly end: string;
  readonly probability: number;
}

async function beam(cwd: string, ...args: string[]): Promise<Completion[]> {
  const { status, stdout } = await rnn(['beam', '--json', ...args], { cwd });
  expect(status).toBe(0);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Completion);
}

describe('the lecture notes’ example: deep, learn, machine', () => {
  let cwd: string;
  beforeAll(async () => {
    cwd = temporaryFolder();
    const { status, stdout, stderr } = await rnn(['train', corpus('deep-learn-machine.txt')], { cwd });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'checkpoints/deep-learn-machine.json\n' });
    expect(stderr).toMatch('read as lines: 3 short lines');
  });

  test('d is completed to deep and its <stop>, with probability over 0.9', async () => {
    const [first] = await beam(cwd, '--prefix', 'd', '--k', '5');
    expect(first).toMatchObject({ text: 'deep', end: '<stop>' });
    expect(first?.probability).toBeGreaterThan(0.9);
  });

  test.each(['', 'd', 'le', 'mach', 'deep'])('--k 1 after %j is greedy', async (prefix) => {
    const [only, ...others] = await beam(cwd, '--prefix', prefix, '--k', '1');
    expect(others).toEqual([]);
    const { stdout } = await rnn(['sample', '--prefix', prefix, '--temperature', '0'], { cwd });
    expect(stdout).toBe(`${only?.text}\n`);
  });
});

describe('the words of the list that begin with d', () => {
  test('are learned, so that dee is completed to deep, among five', async () => {
    const cwd = temporaryFolder();
    const words = readFileSync(corpus('terms.txt'), 'utf8').split('\n');
    expect(words.filter((word) => word.startsWith('dee'))).toEqual(['deep']);
    file(cwd, 'd.txt', words.filter((word) => word.startsWith('d')).join('\n'));
    const options = '--layers 1 --hidden 64 --batch 8 --lr 0.02 --epochs 200 --threads 1'.split(' ');
    const { status } = await rnn(['train', 'd.txt', '--validation', '0', ...options], { cwd });
    expect(status).toBe(0);
    const found = await beam(cwd, '--prefix', 'dee', '--k', '5');
    expect(found).toHaveLength(5);
    expect(found[0]?.text).toBe('deep');
    for (const { text, end } of found) expect(text + end).toMatch(/^dee[a-z-]*<stop>$/);
  });
});
