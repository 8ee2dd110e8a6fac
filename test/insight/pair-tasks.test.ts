import { describe, expect, test } from 'vitest';
import { numberInWords, PAIR_CORPORA, pairLines } from '../../src/insight/pair-tasks.ts';

test('numbers are written as English writes them', () => {
  const words = [0, 7, 13, 20, 45, 100, 305, 999, 1000, 1008, 1305, 21_000, 999_999].map(numberInWords);
  expect(words).toEqual([
    'zero',
    'seven',
    'thirteen',
    'twenty',
    'forty-five',
    'one hundred',
    'three hundred and five',
    'nine hundred and ninety-nine',
    'one thousand',
    'one thousand and eight',
    'one thousand three hundred and five',
    'twenty-one thousand',
    'nine hundred and ninety-nine thousand nine hundred and ninety-nine',
  ]);
  expect(new Set(Array.from({ length: 3000 }, (_, number) => numberInWords(number))).size).toBe(3000);
});

test('sums are right, and have numbers of the lengths asked for', () => {
  for (const line of pairLines('sums', 300, 1, { least: 2, most: 3 })) {
    const [, a, b, sum] = /^([1-9]\d{1,2})\+([1-9]\d{1,2})\t(\d+)$/.exec(line)!;
    expect(Number(sum)).toBe(Number(a) + Number(b));
  }
});

describe.each(PAIR_CORPORA)('%s', (name) => {
  test('has the same lines for the same seed, and more after them for a greater count', () => {
    const few = [...pairLines(name, 20, 'a')];
    expect([...pairLines(name, 40, 'a')].slice(0, 20)).toEqual(few);
    expect([...pairLines(name, 20, 'b')]).not.toEqual(few);
  });

  test('has no numbers of no digits or of seven', () => {
    for (const range of [
      { least: 0, most: 2 },
      { least: 1, most: 7 },
    ])
      expect(() => [...pairLines(name, 1, 1, range)]).toThrow(/1 to 6 digits/);
  });
});
