import { expect, test } from 'vitest';
import { Latest } from '../../src/pages/latest.ts';

test('one task runs at a time, and of those that wait, the newest', async () => {
  const told: string[] = [];
  const latest = new Latest((isBusy) => told.push(isBusy ? 'busy' : 'still'));
  const ends: (() => void)[] = [];
  const task = (name: string) => () => {
    told.push(name);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  const turn = () => new Promise((resolve) => setTimeout(resolve));
  for (const name of ['first', 'second', 'third']) latest.run(task(name));
  expect(told).toEqual(['busy', 'first']);
  ends[0]!();
  await turn();
  expect(told).toEqual(['busy', 'first', 'third']);
  ends[1]!();
  await turn();
  expect(told).toEqual(['busy', 'first', 'third', 'still']);
  latest.run(task('fourth'));
  expect(told.slice(-2)).toEqual(['busy', 'fourth']);
});
