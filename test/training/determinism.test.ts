import { describe, expect, test } from 'vitest';
import type { KernelName } from '../../src/kernel/contract.ts';
import type { Recipe } from '../../src/training/complete-recipe.ts';
import { OPTIMIZER_DEFAULTS } from '../../src/training/complete-recipe.ts';
import { OPTIMIZERS } from '../../src/training/recipe.ts';
import { KERNEL_CHOICES } from '../helpers/kernel-choices.ts';
import { VARIANTS } from '../helpers/network.ts';
import { ALONE, FASTEST, LINES, RECIPE, run, STREAM } from '../helpers/training.ts';

const WASM = KERNEL_CHOICES.map(({ name }) => name).filter((name) => name !== 'js');

/** The kernels of WebAssembly in turn. */
const tile = (turn: number): KernelName => WASM[turn % WASM.length]!;

/** More rows than threads, odd sizes, and several blocks of the gradient's norm. */
const WIDE: Partial<Recipe> = {
  model: { ...RECIPE.model, layers: 2, hidden: 33 },
  batch: 7,
  bptt: 9,
  stride: 5,
  validation: 0.1,
  validateEvery: 4,
  limits: { steps: 12 },
};

/** Every serialized checkpoint of a run, best and last. */
async function bytes(
  corpus: typeof STREAM,
  recipe: Partial<Recipe>,
  kernel: KernelName,
  threads = 1,
): Promise<string[]> {
  const told = await run(corpus, recipe, { place: { kernel, threads } });
  expect(told.start).toMatchObject({ kernel, threads, notes: [] });
  return told.kept.map(({ kind, text }) => `${kind} ${text}`);
}

describe.each([STREAM, LINES])('in $mode mode', (corpus) => {
  test('the same seed gives the same checkpoints, byte for byte, and the same events', async () => {
    const runs = [await run(corpus, WIDE), await run(corpus, WIDE)].map(({ kept, events }) => ({
      texts: kept.map(({ text }) => text),
      events: events.map((event) => JSON.stringify(event)),
    }));
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]?.texts.length).toBeGreaterThan(3);
  });

  test('another seed gives other parameters', async () => {
    const [one, other] = [await run(corpus, WIDE), await run(corpus, { ...WIDE, seed: 'other' })];
    const equal = one.last.checkpoint.parameters.filter((value, j) => value === other.last.checkpoint.parameters[j]);
    // The forget biases start at 1, and some hardly move.
    expect(equal.length).toBeLessThan(0.05 * one.start.parameters);
  });
});

describe.runIf(WASM.length > 0)('on the WebAssembly kernels', () => {
  test.each(VARIANTS)(
    '1, 2, 3 and 4 threads, on both tiles, give the same checkpoints, byte for byte: $label',
    async (variant) => {
      const { label: _, ...cell } = variant;
      const recipe = { ...WIDE, model: { ...WIDE.model!, ...cell, embedding: cell.cell === 'gru' ? 17 : 0 } };
      const alone = await bytes(STREAM, recipe, FASTEST, 1);
      for (const threads of [2, 3, 4]) expect(await bytes(STREAM, recipe, tile(threads), threads)).toEqual(alone);
    },
  );

  test('1, 2 and 3 threads give the same checkpoints of an ensemble, each member having several blocks of the norm', async () => {
    const recipe = { ...WIDE, model: { ...WIDE.model!, members: 3 }, clipNorm: 0.1 };
    const alone = await bytes(STREAM, recipe, FASTEST, 1);
    for (const threads of [2, 3]) expect(await bytes(STREAM, recipe, tile(threads), threads)).toEqual(alone);
  });

  test.each(VARIANTS)('with every dropout and an average, on any threads and tiles: $label', async (variant) => {
    const { label: _, ...cell } = variant;
    const dropout = { input: 0.1, layers: 0.2, output: 0.3, recurrent: 0.2, variational: cell.cell === 'gru' };
    const recipe = { ...WIDE, model: { ...WIDE.model!, ...cell }, dropout, averaging: 0.9 };
    const alone = await bytes(STREAM, recipe, FASTEST, 1);
    for (const threads of [2, 3]) expect(await bytes(STREAM, recipe, tile(threads), threads)).toEqual(alone);
  });

  test('tied to the embedding, on any threads', async () => {
    const recipe = { ...WIDE, model: { ...WIDE.model!, embedding: WIDE.model!.hidden, tied: true } };
    expect(await bytes(STREAM, recipe, FASTEST, 3)).toEqual(await bytes(STREAM, recipe, FASTEST, 1));
  });

  test('as many threads as rows, in lines mode, give the same checkpoints, byte for byte', async () => {
    expect(await bytes(LINES, WIDE, FASTEST, 4)).toEqual(await bytes(LINES, WIDE, FASTEST, 1));
  });

  test('no more threads are started than the batch has rows', async () => {
    const { start, last } = await run(STREAM, { ...WIDE, batch: 2 }, { place: { kernel: FASTEST, threads: 4 } });
    expect(start).toMatchObject({ threads: 2, batch: { rows: 2 } });
    expect(last.text).toBe((await run(STREAM, { ...WIDE, batch: 2 })).last.text);
  });

  test.each(OPTIMIZERS)(
    '1 and 2 threads give the same checkpoints, byte for byte: %s, clipped by norm and by value',
    async (name) => {
      const optimizer = { ...OPTIMIZER_DEFAULTS, name, weightDecay: 0.01 };
      const recipe = { ...WIDE, optimizer, clipNorm: 0.3, clipValue: 0.02, limits: { steps: 6 } };
      expect(await bytes(STREAM, recipe, FASTEST, 2)).toEqual(await bytes(STREAM, recipe, FASTEST, 1));
    },
  );

  test.each(VARIANTS)(
    'the reference’s curve of 40 losses is the same, difference < 1e-4: $label',
    async ({ label: _, ...cell }) => {
      const recipe = { ...WIDE, model: { ...WIDE.model!, ...cell, hidden: 15 }, rate: 0.005, limits: { steps: 40 } };
      const [fast, plain] = await Promise.all([
        run(LINES, recipe, { place: { kernel: FASTEST, threads: 1 } }),
        run(LINES, recipe, { place: { kernel: 'js', threads: 1 } }),
      ]);
      for (const [index, { loss }] of plain.steps.entries()) {
        expect(Math.abs(fast.steps[index]!.loss - loss), `step ${index + 1}`).toBeLessThan(1e-4);
      }
      expect(fast.steps.at(-1)!.loss).toBeLessThan(0.95 * fast.steps[0]!.loss);
    },
  );
});

test('runs side by side in one process do not change each other', async () => {
  const alone = (await run(STREAM, WIDE)).last.text;
  const both = await Promise.all([
    run(STREAM, WIDE, { place: { ...ALONE, threads: 2 } }),
    run(LINES, WIDE),
    run(STREAM, WIDE),
  ]);
  expect(both[0].last.text).toBe(alone);
  expect(both[2].last.text).toBe(alone);
});
