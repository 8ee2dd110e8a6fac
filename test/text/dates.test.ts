import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { corpora } from './shared.ts';

const lines = readFileSync(join(corpora, 'dates.tsv'), 'utf8').trimEnd().split('\n');
const pairs = lines.map((line) => line.split('\t') as [string, string]);

const ORDINALS =
  'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first'.split(
    ' ',
  );

/** The day of the month that a source names. */
function dayOf(source: string): number {
  const word = source.split(/[ ,]/).find((part) => ORDINALS.includes(part));
  return word ? ORDINALS.indexOf(word) + 1 : Number(/\d+/.exec(source)![0]);
}

test('every target of the dates is the day that its source names', () => {
  for (const [source, target] of pairs) {
    const date = new Date(`${target}T00:00:00Z`);
    const names = (options: Intl.DateTimeFormatOptions): string =>
      new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' }).format(date);
    expect(`${target}: ${date.toISOString()}`).toBe(`${target}: ${target}T00:00:00.000Z`);
    expect(source).toContain(names({ month: 'long' }));
    expect(source).toMatch(new RegExp(`\\b${date.getUTCFullYear()}$`));
    expect(`${source}: ${dayOf(source)}`).toBe(`${source}: ${date.getUTCDate()}`);
    if (/day,/.test(source)) expect(source).toContain(names({ weekday: 'long' }));
    const suffix = /\d(st|nd|rd|th)\b/.exec(source)?.[1];
    if (suffix) expect(`${source}: ${ORDINALS[date.getUTCDate() - 1]!.slice(-2)}`).toBe(`${source}: ${suffix}`);
  }
});

test('the dates are plain ASCII, and no date is there twice', () => {
  expect(lines).toHaveLength(600);
  expect(lines.filter((line) => /[^\t\x20-\x7e]/.test(line))).toEqual([]);
  expect(new Set(pairs.map(([, target]) => target)).size).toBe(600);
});
