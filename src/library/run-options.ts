import * as z from 'zod';
import { corpusSchema, pairReadingSchema } from '../text/options.ts';
import { placeSchema } from '../training/place.ts';
import { PRESETS } from '../training/presets.ts';
import { recipeSchema } from '../training/recipe.ts';
import { intervalSchema } from './interval.ts';
import { modelRequestSchema } from './task-options.ts';

export { recipeSchema } from '../training/recipe.ts';

/** What a run can be told that saves its checkpoints: a recipe, and the fields below. */
export const runSchema = z.strictObject({
  ...recipeSchema.shape,
  model: modelRequestSchema.prefault({}),
  preset: z
    .enum(PRESETS)
    .default('quick')
    .describe(
      'values for the options below, by purpose: a first look, a few minutes, or the smallest loss that the time allows',
    ),
  text: corpusSchema.prefault({}),
  pairs: pairReadingSchema.prefault({}).describe('how pairs are read, where the model has a task'),
  place: placeSchema.prefault({}),
  out: z
    .string()
    .optional()
    .describe('where the best model is saved (default: checkpoints/NAME.json, a new name each time)'),
  overwrite: z.boolean().default(false).describe('save the model even where a file of that name exists'),
  keep: z
    .int()
    .min(1)
    .optional()
    .describe('keep the newest n of the states that are saved, as NAME.step-00001200.json and the like'),
  resume: z
    .union([z.literal(true), z.string()])
    .optional()
    .describe(
      'go on with a run from its .last.json, on the same text (default: the one of the file to save, or the newest)',
    ),
  fineTune: z
    .string()
    .optional()
    .describe("begin with a trained model, on another text; symbols that the model doesn't have are added"),
  sampleEvery: intervalSchema
    .optional()
    .describe('show what the model writes after so many steps (500) or so long (90s) (default: never)'),
});

export type RunOptions = z.input<typeof runSchema>;
