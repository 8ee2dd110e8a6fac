import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Checkpoint, parseCheckpoint, serializeCheckpoint } from '../../src/nn/checkpoint.ts';
import type { PairOptions } from '../../src/text/pairs.ts';
import { readPairs } from '../../src/text/read-pairs.ts';
import { resolveRecipe } from '../../src/training/complete-recipe.ts';
import type { RecipeOptions } from '../../src/training/recipe.ts';
import { trainPairs } from '../../src/training/trainer.ts';

/** Small lists of pairs, by task: words with the letters of their targets apart; words with a tag for each letter; words with one label. */
export const PAIR_LISTS = {
  transduce: ['ab\tB A', 'abc\tC B A', 'a\tA', 'ba\tA B', 'cab\tB A C', 'bcab\tB A C B', 'cc\tC C', 'b\tB', 'cb\tB C'],
  tag: ['ab\tVC', 'abc\tVCC', 'a\tV', 'ba\tCV', 'cab\tCVC', 'bcab\tCCVC', 'cc\tCC', 'b\tC', 'cb\tCC'],
  classify: ['ab\ta word', 'abc\ta word', 'a\ta vowel', 'ba\ta word', 'cab\ta word', 'b\tnone', 'cc\tnone', 'cb\tnone'],
} as const;

type Task = keyof typeof PAIR_LISTS;

const UNITS = {
  transduce: { sourceUnit: 'codepoint', targetUnit: 'token' },
  tag: { sourceUnit: 'codepoint', targetUnit: 'codepoint' },
  classify: { sourceUnit: 'codepoint', targetUnit: 'field' },
} as const;

/** A recipe that learns a short list by heart. */
export const BY_HEART = {
  rate: 0.01,
  dropout: { input: 0, layers: 0 },
  optimizer: { weightDecay: 0 },
  validation: 0,
} as const satisfies RecipeOptions;

/** The text of a checkpoint of a small model that was trained for a moment on one of the lists. */
export async function pairCheckpoint(
  task: Task,
  { steps = 60, members = 1, pairs = {}, ...options }: PairSettings = {},
): Promise<string> {
  const stdin = Readable.from([Buffer.from(`${PAIR_LISTS[task].join('\n')}\n`)]);
  const corpus = await readPairs(['-'], { task, ...UNITS[task], ...options, stdin });
  const recipe = resolveRecipe({
    ...BY_HEART,
    model: { cell: 'lstm', hidden: 12, layers: 1, embedding: 6, members, pairs: { task, ...pairs } },
    batch: 4,
    limits: { steps },
    schedule: { warmup: 5 },
  });
  let text = '';
  for await (const event of trainPairs(corpus, { recipe, place: { kernel: 'auto', threads: 1 } })) {
    if (event.type === 'checkpoint' && event.kind === 'last')
      text = [...serializeCheckpoint({ ...event.snapshot(), resume: undefined })].join('');
  }
  return text;
}

type PairSettings = Partial<PairOptions> & {
  readonly steps?: number;
  readonly members?: number;
  readonly pairs?: Partial<NonNullable<NonNullable<RecipeOptions['model']>['pairs']>>;
};

export async function trainedPairs(task: Task, settings: PairSettings = {}): Promise<Checkpoint> {
  return parseCheckpoint(await pairCheckpoint(task, settings), `${task}.json`);
}

/** Writes the checkpoint to a folder, as `transduce.json`, say. Returns the path. */
export async function writePairs(folder: string, task: Task, settings: PairSettings = {}): Promise<string> {
  const path = join(folder, `${task}.json`);
  writeFileSync(path, await pairCheckpoint(task, settings));
  return path;
}
