import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flagsFor } from '../../src/cli/flags.ts';
import { lossText, shellWord } from '../../src/library/words.ts';

test('a loss has four digits after the point, and a loss of a run that diverges is short', () => {
  expect(lossText(1.5)).toBe('1.5000 nats (2.164 bits)');
  expect(lossText(3.68265863077103e29)).toBe('3.68e+29 nats (5.31e+29 bits)');
  expect(lossText(Number.NaN)).toBe('NaN nats (NaN bits)');
});

test('a word for a shell is read by it as the word that it is', () => {
  const words = [
    ...fc.sample(fc.string({ minLength: 1 }), 30),
    '',
    "it's",
    '$HOME',
    '~',
    '*',
    'a b',
    '\\',
    '-1',
  ].filter((word) => !word.includes('\0'));
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${words.map(shellWord).join(' ')}`], { encoding: 'utf8' });
  expect(stdout.split('\0').slice(0, -1)).toEqual(words);
  expect(['book.json', '0.002', 'checkpoints/a-2.json', 'α'].map(shellWord)).toEqual([
    'book.json',
    '0.002',
    'checkpoints/a-2.json',
    "'α'",
  ]);
});

test('options that are printed to be given again are words for a shell', () => {
  expect(flagsFor({ '': { seed: '--seed <seed>', rate: '--lr <x>' } }, { seed: 'a b', rate: 0.01 })).toBe(
    "--seed 'a b' --lr 0.01",
  );
});
