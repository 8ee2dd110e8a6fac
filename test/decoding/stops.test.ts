import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Stops } from '../../src/decoding/stops.ts';

/** Ids of letters: a is 0. */
const ids = (text: string) => [...text].map((letter) => letter.charCodeAt(0) - 97);

/** `<stop>` is z, where there is one. */
const stopsOf = (strings: readonly string[], symbol?: string) =>
  new Stops(symbol === undefined ? undefined : ids(symbol)[0], strings.map(ids));

const letters = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom('a', 'b'), minLength, maxLength });

describe('ending', () => {
  test.each([
    { text: '', strings: [], symbol: 'z', ending: 0 },
    { text: 'abz', strings: [], symbol: 'z', ending: 1 },
    { text: 'z', strings: [], symbol: 'z', ending: 1 },
    { text: 'zab', strings: [], symbol: 'z', ending: 0 },
    { text: 'abz', strings: [], symbol: undefined, ending: 0 },
    { text: '', strings: ['ab'], symbol: undefined, ending: 0 },
    { text: 'b', strings: ['ab'], symbol: undefined, ending: 0 },
    { text: 'ab', strings: ['ab'], symbol: undefined, ending: 2 },
    { text: 'aba', strings: ['ab'], symbol: undefined, ending: 0 },
    { text: 'aaaab', strings: ['aab'], symbol: undefined, ending: 3 },
    { text: 'abab', strings: ['cc', 'bab'], symbol: undefined, ending: 3 },
    { text: 'abz', strings: ['abc'], symbol: 'z', ending: 1 },
    { text: 'abc', strings: ['abc'], symbol: 'z', ending: 3 },
    { text: 'a', strings: ['a'], symbol: 'z', ending: 1 },
  ])('of "$text" with $strings and <stop> $symbol is $ending', ({ text, strings, symbol, ending }) => {
    expect(stopsOf(strings, symbol).ending(ids(text))).toBe(ending);
  });

  test('is 0 where no string is a suffix, else the length of one that is', () => {
    fc.assert(
      fc.property(letters(0, 10), fc.array(letters(1, 4), { maxLength: 4 }), (text, strings) => {
        const lengths = strings.filter((string) => text.endsWith(string)).map((string) => string.length);
        expect(lengths.length > 0 ? lengths : [0]).toContain(stopsOf(strings).ending(ids(text)));
      }),
      { numRuns: 500 },
    );
  });
});

describe('pending', () => {
  test.each([
    { text: '', strings: ['ab'], pending: 0 },
    { text: 'a', strings: [], pending: 0 },
    { text: 'a', strings: ['a'], pending: 0 },
    { text: 'xa', strings: ['ab'], pending: 1 },
    { text: 'xab', strings: ['ab'], pending: 0 },
    { text: 'aaaa', strings: ['aab'], pending: 2 },
    { text: 'abab', strings: ['ababc'], pending: 4 },
    { text: 'ababa', strings: ['ababc'], pending: 3 },
    { text: 'xyab', strings: ['abc', 'yabd'], pending: 3 },
    { text: 'xyab', strings: ['yabd', 'abc'], pending: 3 },
    { text: 'a', strings: ['abc'], pending: 1 },
  ])('of "$text" with $strings is $pending', ({ text, strings, pending }) => {
    expect(stopsOf(strings, 'z').pending(ids(text))).toBe(pending);
  });

  test('is the length of the longest suffix that is a proper prefix of a string', () => {
    fc.assert(
      fc.property(letters(0, 10), fc.array(letters(1, 6), { maxLength: 4 }), (text, strings) => {
        const suffixes = [...text].map((_, at) => text.slice(at));
        const candidates = suffixes.filter((suffix) =>
          strings.some((string) => string !== suffix && string.startsWith(suffix)),
        );
        expect(stopsOf(strings).pending(ids(text))).toBe(Math.max(0, ...candidates.map(({ length }) => length)));
      }),
      { numRuns: 1000 },
    );
  });
});
