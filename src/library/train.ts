import * as z from 'zod';
import { parseOptions } from '../schema.ts';
import { type Corpus, isCorpus } from '../text/corpus.ts';
import type { PairReading } from '../text/options.ts';
import { fileOptionsSchema, readCorpus } from '../text/read-corpus.ts';
import { type Recipe, resolveRecipe } from '../training/complete-recipe.ts';
import type { TrainEvent } from '../training/events.ts';
import { requireChosen, requireUnread } from './effect.ts';
import { requirePathOrPaths } from './given-text.ts';
import { type Material, newPairOptions, trainOn } from './material.ts';
import { readPairMaterial } from './read-material.ts';
import { decideTask } from './task.ts';
import { modelRequestSchema } from './task-options.ts';
import { trainingSchema } from './training-options.ts';

/** What `train` takes besides the text. */
const fileTrainingSchema = z.strictObject({
  ...trainingSchema.shape,
  model: modelRequestSchema.prefault({}),
  text: fileOptionsSchema.prefault({}).describe('how the text is read'),
});

export type TrainingOptions = Readonly<z.input<typeof fileTrainingSchema>>;

/**
 * Trains a model. The iterator yields events; the caller shows and saves what it likes. Without a limit, the run ends where
 * `rnn train` would end it.
 *
 *     for await (const event of train('book.txt', { model: { hidden: 256 }, limits: { seconds: 180 } })) {
 *       if (event.type === 'report') console.log(event.point.loss);
 *       if (event.type === 'checkpoint' && event.kind === 'best') saveCheckpoint('book.json', event.snapshot());
 *     }
 *
 * The files may hold pairs, a pair a line: source, tab, target. The task of the model is then that of `model.pairs`, or what `auto`, the default,
 * decides by the files.
 *
 * @param text the path of a text file, or several paths, whose files are read one after the other; or a corpus that has been read
 *
 * UserError for an option of the wrong type or out of range, for one that can never act beside the others, for a key that is no option, for a text that can't be read, and where the
 * run diverges. The checkpoints that were taken before are good.
 */
export async function* train(
  text: string | readonly string[] | Corpus,
  options: TrainingOptions = {},
): AsyncGenerator<TrainEvent, void, void> {
  const { text: reading, pairs, place, signal, resume } = parseOptions(fileTrainingSchema, options);
  if (!isCorpus(text)) requirePathOrPaths(text);
  const sources = typeof text === 'string' ? [text] : text;
  const decided = await decideTask(isCorpus(sources) ? [] : sources, options);
  const { text: _t, pairs: _p, place: _l, signal: _s, resume: _r, ...given } = decided.options;
  const recipe = resolveRecipe(given);
  if (isCorpus(sources)) requireUnread(decided.options);
  if (!resume) requireChosen(decided.options, recipe);
  const material: Material = isCorpus(sources)
    ? { kind: 'text', corpus: sources }
    : await readMaterial(sources, recipe, reading, pairs);
  yield* trainOn(material, { recipe, place, ...(signal ? { signal } : {}), ...(resume ? { resume } : {}) });
}

async function readMaterial(
  sources: readonly string[],
  recipe: Recipe,
  text: z.output<typeof fileOptionsSchema>,
  pairs: PairReading,
): Promise<Material> {
  const { pairs: model } = recipe.model;
  if (model) return await readPairMaterial(sources, newPairOptions(model.task, pairs, text), recipe);
  return { kind: 'text', corpus: await readCorpus(sources, text) };
}
