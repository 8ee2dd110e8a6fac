import * as z from 'zod';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { parseOptions } from '../schema.ts';
import { type Corpus, corpusOptionsSchema, readCorpus } from '../text/corpus.ts';
import { type PairReading, pairReadingSchema } from '../text/options.ts';
import type { TrainEvent } from '../training/events.ts';
import { placeSchema } from '../training/place.ts';
import { type Recipe, recipeSchema, resolveRecipe } from '../training/recipe.ts';
import { type Material, newPairOptions, readPairMaterial, trainOn } from './material.ts';
import { decideTask } from './task.ts';
import { modelRequestSchema } from './task-options.ts';

/** What `train` takes besides the text: the fields of a recipe, and those that follow. */
const trainingSchema = z.strictObject({
  ...recipeSchema.shape,
  model: modelRequestSchema.prefault({}),
  text: corpusOptionsSchema.prefault({}).describe('how the text is read'),
  pairs: pairReadingSchema.prefault({}).describe('how pairs are read, where model.pairs has a task'),
  place: placeSchema
    .prefault({})
    .describe(
      'where the run is computed; no bit of the result depends on the threads, or on which WebAssembly kernel computes',
    ),
  signal: z
    .instanceof(AbortSignal)
    .optional()
    .describe('must be an AbortSignal, which ends the run after the step under way, with a last checkpoint'),
  resume: z
    .custom<Checkpoint>(isCheckpoint, 'must be a checkpoint, as loadCheckpoint reads it')
    .optional()
    .describe('the checkpoint from which the run goes on; it must hold a training state, as NAME.last.json does'),
});

export type TrainingOptions = Readonly<z.input<typeof trainingSchema>>;

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
 * UserError for an option of the wrong type or out of range, for a key that is no option, for a text that can't be read, and where the
 * run diverges. The checkpoints that were taken before are good.
 */
export async function* train(
  text: string | readonly string[] | Corpus,
  options: TrainingOptions = {},
): AsyncGenerator<TrainEvent, void, void> {
  const { text: reading, pairs, place, signal, resume } = parseOptions(trainingSchema, options);
  const sources = typeof text === 'string' ? [text] : text;
  const decided = await decideTask('ids' in sources ? [] : sources, options);
  const { text: _t, pairs: _p, place: _l, signal: _s, resume: _r, ...given } = decided.options;
  const recipe = resolveRecipe(given);
  const material: Material =
    'ids' in sources ? { kind: 'text', corpus: sources } : await readMaterial(sources, recipe, reading, pairs);
  yield* trainOn(material, { recipe, place, ...(signal ? { signal } : {}), ...(resume ? { resume } : {}) });
}

async function readMaterial(
  sources: readonly string[],
  recipe: Recipe,
  text: z.output<typeof corpusOptionsSchema>,
  pairs: PairReading,
): Promise<Material> {
  const { pairs: model } = recipe.model;
  if (model) return await readPairMaterial(sources, newPairOptions(model.task, pairs, text), recipe);
  return { kind: 'text', corpus: await readCorpus(sources, text) };
}

function isCheckpoint(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'run' in value && 'parameters' in value;
}
