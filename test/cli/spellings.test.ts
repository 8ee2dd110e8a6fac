import { describe, expect, test } from 'vitest';
import { SPELLINGS } from '../../src/cli/spellings.ts';

describe('a duration', () => {
  test.each([
    ['90', 90],
    ['0.5', 0.5],
    ['90s', 90],
    ['3m', 180],
    ['1.5h', 5400],
    ['1h30m', 5400],
    ['1h30m5s', 5405],
    ['2d', 172_800],
  ])('%s', (text, seconds) => {
    expect(SPELLINGS.duration(text)).toBe(seconds);
    if (/[a-z]$/.test(text)) expect(SPELLINGS.interval(text)).toEqual({ seconds });
  });

  test.each(['', '0', '0s', '-3', '1h30', '30s1h', '1m1m', '1.h', '.5h', '1e3', '1 h', '3M', '9'.repeat(400)])(
    '%s is refused',
    (text) => {
      expect(() => SPELLINGS.duration(text)).toThrow('It must be a duration such as 90s, 3m, 1.5h or 1h30m.');
    },
  );
});
