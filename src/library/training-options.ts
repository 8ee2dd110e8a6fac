import * as z from 'zod';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { corpusOptionsSchema } from '../text/corpus.ts';
import { pairReadingSchema } from '../text/options.ts';
import { placeSchema } from '../training/place.ts';
import { recipeSchema } from '../training/recipe.ts';

/** What training takes besides the text: the fields of a recipe, and those that follow. */
export const trainingSchema = recipeSchema.safeExtend({
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

function isCheckpoint(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'run' in value && 'parameters' in value;
}
