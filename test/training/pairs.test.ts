import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { parseCheckpoint, serializeCheckpoint } from '../../src/nn/checkpoint.ts';
import type { PairCorpus } from '../../src/text/pairs.ts';
import { readPairs } from '../../src/text/read-pairs.ts';
import { resolveRecipe } from '../../src/training/complete-recipe.ts';
import type { TrainEvent } from '../../src/training/events.ts';
import type { RecipeOptions } from '../../src/training/recipe.ts';
import { type TrainOptions, trainPairs } from '../../src/training/trainer.ts';
import { BY_HEART } from '../helpers/pair-checkpoints.ts';

const PAIRS = [
  'ab\tBA',
  'abc\tCBA',
  'a\tA',
  'ba\tAB',
  'cab\tBAC',
  'bcab\tBACB',
  'cc\tCC',
  'b\tB',
  'cb\tBC',
  'acb\tBCA',
];

async function pairs(task: 'transduce' | 'tag' | 'classify'): Promise<PairCorpus> {
  const lines = task === 'classify' ? PAIRS.map((pair) => pair.replace(/\t.*(.)$/u, '\t$1')) : PAIRS;
  const stdin = Readable.from([Buffer.from(`${lines.join('\n')}\n`)]);
  return readPairs(['-'], { task, sourceUnit: 'codepoint', targetUnit: 'codepoint', stdin });
}

interface Finished {
  readonly losses: readonly number[];
  /** Of the newest state. */
  readonly text: string;
}

async function run(corpus: PairCorpus, options: RecipeOptions, more: Partial<TrainOptions> = {}): Promise<Finished> {
  const losses: number[] = [];
  let text = '';
  const recipe = resolveRecipe({ validation: 0, batch: 4, ...options });
  const place = { kernel: 'auto', threads: 1 } as const;
  for await (const event of trainPairs(corpus, { recipe, place, ...more }) as AsyncIterable<TrainEvent>) {
    if (event.type === 'step') losses.push(event.loss);
    if (event.type === 'checkpoint' && event.kind === 'last')
      text = [...serializeCheckpoint(event.snapshot())].join('');
  }
  return { losses, text };
}

describe.each(['transduce', 'tag', 'classify'] as const)('training pairs to %s', (task) => {
  const model = { hidden: 12, layers: 1, embedding: 6, pairs: { task } } as const;

  test('learns a small list by heart', async () => {
    const { losses } = await run(await pairs(task), {
      ...BY_HEART,
      model,
      limits: { steps: 250 },
      schedule: { warmup: 10 },
    });
    expect(losses[0]).toBeGreaterThan(0.7);
    expect(losses.at(-1)).toBeLessThan(0.1);
  });

  test('gives the same bytes on 1, 2 and 3 threads, and on both kernels of WebAssembly', async () => {
    const corpus = await pairs(task);
    const recipe = { model: { ...model, members: 2 }, dropout: { layers: 0.2, output: 0.1 }, limits: { steps: 12 } };
    const { text } = await run(corpus, recipe);
    for (const threads of [2, 3]) {
      expect((await run(corpus, recipe, { place: { kernel: 'auto', threads } })).text).toBe(text);
    }
    expect((await run(corpus, recipe, { place: { kernel: 'wasm128', threads: 2 } })).text).toBe(text);
  });

  // Ten pairs in batches of four: the last batch of each epoch has two pairs.
  test.each(task === 'transduce' ? (['dot', 'additive', 'none'] as const) : [undefined])(
    'goes on from a checkpoint to the bytes of the unbroken run; attention %s',
    async (attention) => {
      const corpus = await pairs(task);
      const own = attention === undefined ? model : { ...model, pairs: { task, attention } };
      const recipe = { model: own, averaging: 0.9, dropout: { layers: 0.2 } };
      const whole = await run(corpus, { ...recipe, limits: { steps: 17 } });
      for (const steps of [1, 7, 16]) {
        // The schedule depends on the limit, so the first part is a run of 17 steps that is stopped.
        const controller = new AbortController();
        let part = '';
        const options = {
          recipe: resolveRecipe({ validation: 0, batch: 4, ...recipe, limits: { steps: 17 } }),
          place: { kernel: 'auto', threads: 1 },
        } as const;
        for await (const event of trainPairs(corpus, { ...options, signal: controller.signal })) {
          if (event.type === 'step' && event.step === steps) controller.abort();
          if (event.type === 'checkpoint' && event.kind === 'last')
            part = [...serializeCheckpoint(event.snapshot())].join('');
        }
        const resume = parseCheckpoint(part, 'part.json');
        const rest = await run(corpus, { ...recipe, limits: { steps: 17 } }, { resume });
        expect(rest.losses).toHaveLength(17 - steps);
        expect(rest.text).toBe(whole.text);
      }
    },
  );
});
