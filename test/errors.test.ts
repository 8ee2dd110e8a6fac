import { expect, test } from 'vitest';
import { beginningOf, excerpt } from '../src/errors.ts';

test('the beginning of a text has whole characters', () => {
  expect(beginningOf('ab', 2)).toBe('ab');
  expect(beginningOf('abc', 2)).toBe('ab…');
  expect(beginningOf('a😀b', 2)).toBe('a…');
  expect(beginningOf('a😀b', 3, '')).toBe('a😀');
  expect(excerpt(`a${'😀'.repeat(300)}`)).toBe(`a${'😀'.repeat(99)}`);
});
