import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { Arena } from '../../src/kernel/arena.ts';
import type { KernelChoice } from '../../src/kernel/choose.ts';
import { Engine } from '../../src/kernel/engine.ts';
import type { ProgramModule } from '../../src/kernel/program.ts';
import { share } from '../../src/kernel/team.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';

interface Config {
  readonly at: number;
  readonly size: number;
  readonly rounds: number;
  /** The rank whose program can't be made. */
  readonly fails?: number;
}

const URL_OF_PROGRAM = new URL('../helpers/thread-program.mjs', import.meta.url).href;
const nothing = { inputs: [], outputs: [] } as const;
/** The types of the calls in test/helpers/thread-program.mjs. */
interface ThreadCalls {
  readonly [name: string]: { readonly inputs: readonly string[]; readonly outputs: readonly string[] };
  readonly meet: typeof nothing;
  readonly squares: { readonly inputs: readonly ['offset', 'factor']; readonly outputs: readonly ['last'] };
  readonly throwAtOnce: typeof nothing;
  readonly throwHalfway: typeof nothing;
  readonly throwAfterCommit: typeof nothing;
  readonly spinAfterThrow: typeof nothing;
}
const program = (await import(URL_OF_PROGRAM)) as ProgramModule<Config, ThreadCalls>;

const [CHOICE] = KERNEL_CHOICES as [KernelChoice];
const SIZE = 1000;

/**
 * Main notices an error in a worker after it has slept for a second. Without a word from the worker, main would notice its death after a
 * minute, which is too late.
 */
const TOO_LATE_MS = 30_000;

async function start(threads: number, part: Partial<Config> = {}, choice = CHOICE, file = URL_OF_PROGRAM) {
  const arena = new Arena();
  const config = { at: arena.float(SIZE), size: SIZE, rounds: 80, ...part };
  const engine = await Engine.start({ choice, threads, program, file, config }, arena);
  const numbers = (): number[] => [...engine.kernels.floats.subarray(config.at, config.at + SIZE)];
  return { engine, numbers };
}

const expectedSquares = (offset: number, factor = 1): number[] =>
  Array.from({ length: SIZE }, (_, j) => Math.fround(offset + factor * j * j));

describe.runIf(CHOICE.name !== 'js')('threads', () => {
  test.each([
    { threads: 2, rounds: 8000 }, // as many as there are cores to spin on: where a barrier's own races would show
    { threads: 3, rounds: 400 },
    { threads: 4, rounds: 400 },
    { threads: 6, rounds: 200 },
  ])('$threads of them meet at every barrier, however few cores there are', async ({ threads, rounds }) => {
    const { engine, numbers } = await start(threads, { rounds });
    expect(engine.threads).toBe(threads);
    await engine.call('meet', {});
    await engine.call('meet', {});
    for (let rank = 0; rank < threads; rank++) expect(numbers().slice(16 * rank, 16 * rank + 2)).toEqual([rounds, 0]);
    await engine.close();
  });

  test.each([1, 2, 3, 4])(
    '%i of them see a call’s inputs, each by its name, as main gave them, and give its outputs, five hundred times over',
    async (threads) => {
      const { engine, numbers } = await start(threads);
      const last = SIZE - 1;
      for (let offset = 0; offset < 500; offset++) {
        const outputs = await engine.call('squares', { factor: 2, offset });
        const found = numbers();
        if (found[0] !== offset || found[last] !== Math.fround(offset + 2 * last ** 2))
          expect(found).toEqual(expectedSquares(offset, 2));
        expect(outputs).toEqual({ last: found[last] });
      }
      expect(numbers()).toEqual(expectedSquares(499, 2));
      await engine.close();
    },
  );

  test('that sleep, for main had nothing to do for a while, wake for the next call', async () => {
    const { engine, numbers } = await start(3);
    await engine.call('meet', {});
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await engine.call('squares', { offset: 5, factor: 1 });
    expect(numbers()).toEqual(expectedSquares(5));
    await engine.close();
  });

  test.each([
    { where: 'at once', name: 'throwAtOnce' as const },
    { where: 'between barriers', name: 'throwHalfway' as const },
  ])(
    'of which one throws $where before it commits are replaced by main alone, soon, with the same result and a notice',
    async ({ name }) => {
      for (const threads of [2, 4]) {
        const { engine, numbers } = await start(threads);
        await engine.call(name, {});
        expect(engine.threads).toBe(1);
        expect(engine.notice).toBe('a worker thread died: going on with one thread');
        if (name === 'throwHalfway') expect(numbers()[0]).toBe(80);
        await engine.call('squares', { offset: 7, factor: 1 });
        expect(numbers()).toEqual(expectedSquares(7));
        await engine.call('meet', {});
        await engine.close();
      }
    },
    TOO_LATE_MS,
  );

  test(
    'of which one throws after it has committed can’t repeat the call: a UserError says so in a line',
    async () => {
      for (const threads of [2, 4]) {
        const { engine } = await start(threads);
        const error: unknown = await engine.call('throwAfterCommit', {}).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(UserError);
        expect((error as UserError).message).toBe(
          'a worker thread died in the middle of an update; start again, with threads 1 if it happens again',
        );
        expect((error as UserError).messageWith((key) => `--${key}`)).toContain('--threads 1');
        await engine.close();
      }
    },
    TOO_LATE_MS,
  );

  test(
    'of which one has died aren’t waited for by a later call',
    async () => {
      const { engine, numbers } = await start(3);
      await expect(engine.call('throwAfterCommit', {})).rejects.toThrow(UserError);
      await engine.call('squares', { offset: 1, factor: 1 });
      expect(engine.threads).toBe(1);
      expect(numbers()).toEqual(expectedSquares(1));
      await engine.close();
    },
    TOO_LATE_MS,
  );

  test('that are still at work when another has died have stopped when main goes on alone', async () => {
    const { engine, numbers } = await start(3);
    await engine.call('spinAfterThrow', {});
    expect(engine.threads).toBe(1);
    await engine.call('squares', { offset: 0, factor: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(numbers()).toEqual(expectedSquares(0));
    await engine.close();
  });

  test.each([
    {
      what: 'whose program isn’t there',
      file: new URL('../helpers/no-such-program.mjs', import.meta.url).href,
      part: {},
    },
    { what: 'whose program is no file of dist', file: 'nonsense', part: {} },
    { what: 'of which the last can’t make its program', file: URL_OF_PROGRAM, part: { fails: 3 } },
  ])('$what can’t be started: one does everything, and a notice says so in a line', async ({ file, part }) => {
    const { engine, numbers } = await start(4, part, CHOICE, file);
    expect(engine.threads).toBe(1);
    expect(engine.notice).toMatch(/^worker threads can't be started \([^\n]+\): going on with one thread$/u);
    await engine.call('squares', { offset: 0, factor: 1 });
    await engine.call('meet', {});
    expect(numbers().slice(32)).toEqual(expectedSquares(0).slice(32));
    await engine.close();
  });

  test.runIf(existsSync('/proc/self/task'))('are gone when the engine is closed', async () => {
    const count = (): number => readdirSync('/proc/self/task').length;
    await (await start(4)).engine.close(); // whatever is started once
    const before = count();
    for (let i = 0; i < 5; i++) {
      const { engine } = await start(4);
      expect(count()).toBeGreaterThanOrEqual(before + 3);
      await engine.close();
    }
    expect(count()).toBeLessThanOrEqual(before + 1);
  });

  test('can be closed twice, and after one has died', async () => {
    for (const name of ['meet', 'throwAtOnce'] as const) {
      const { engine } = await start(3);
      await engine.call(name, {});
      await engine.close();
      await engine.close();
    }
  });

  test.each([
    { how: 'close', says: '3 threads\n' },
    { how: 'leave', says: '3 threads\n' },
    { how: 'replace', says: '3 threads\n1 threads\n' },
    { how: 'fail', says: '3 threads\nUserError\n' },
  ])('let the process end by itself: $how', ({ how, says }) => {
    const script = fileURLToPath(new URL('../helpers/thread-process.mjs', import.meta.url));
    const { stdout, stderr, status, signal } = spawnSync(process.execPath, [script, how], {
      timeout: 20_000,
      encoding: 'utf8',
    });
    expect({ stdout, stderr, status, signal }).toEqual({ stdout: says, stderr: '', status: 0, signal: null });
  });
});

test('the plain JavaScript kernel runs on one thread, whatever is asked for', async () => {
  const { engine, numbers } = await start(4, {}, { name: 'js', reason: 'asked for' });
  expect(engine.threads).toBe(1);
  await engine.call('squares', { offset: 0, factor: 1 });
  expect(numbers()).toEqual(expectedSquares(0));
  await engine.close();
});

test('shares are contiguous, cover everything once, are whole grains, and differ by one grain at most', () => {
  for (const size of [1, 2, 3, 4, 7]) {
    for (const count of [0, 1, 5, 16, 17, 100]) {
      for (const grain of [1, 4, 16]) {
        const ranges = Array.from({ length: size }, (_, rank) => share({ rank, size, barrier() {} }, count, grain));
        expect(ranges[0]?.start).toBe(0);
        expect(ranges.at(-1)?.end).toBe(count);
        for (const [rank, { start, end }] of ranges.entries()) {
          if (rank > 0) expect(start).toBe(ranges[rank - 1]?.end);
          expect(end === count || end % grain === 0).toBe(true);
        }
        const grains = ranges.map(({ start, end }) => Math.ceil((end - start) / grain));
        expect(Math.max(...grains) - Math.min(...grains)).toBeLessThanOrEqual(1);
      }
    }
  }
});
