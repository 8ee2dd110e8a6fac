import * as z from 'zod';
import { excerpt, UserError } from '../errors.ts';
import type { Checkpoint, Json } from '../nn/checkpoint.ts';
import { historySchema } from './history.ts';
import { type Recipe, recipeSchema, resolveRecipe } from './recipe.ts';

const runSchema = z.strictObject({
  // What a later version of the program has added to the recipe has a default there, so that records of an earlier one are read.
  recipe: recipeSchema,
  corpus: z.strictObject({
    hash: z.string(),
    mode: z.enum(['stream', 'lines']),
    characters: z.number(),
    trainSymbols: z.number(),
    validationSymbols: z.number(),
    testSymbols: z.number(),
  }),
  /** Updates done, and epochs read, when this was saved. */
  step: z.int().nonnegative(),
  epoch: z.number().nonnegative(),
  history: historySchema,
});

const place = z.int().nonnegative();
const octet = z.int().min(0).max(255);

/** State of the batches (text/windows.ts); whether it belongs to the text, they check themselves. */
const batchesSchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('stream'), step: place, epoch: place }),
  z.strictObject({
    mode: z.literal('lines'),
    random: z.strictObject({ i: octet, j: octet, S: z.array(octet).length(256) }),
    taken: place,
    counted: place,
    positions: z.array(place),
    ends: z.array(place),
    inputs: z.array(place),
    keep: z.array(z.int().min(0).max(1)),
  }),
]);

const stateSchema = z.strictObject({
  /** Smallest validation loss, if any. */
  best: z.number().nullable(),
  sinceBest: z.int().nonnegative().default(0),
  plateaus: z.int().nonnegative().default(0),
  sincePlateau: z.int().nonnegative().default(0),
  /** Times that the run has diverged and gone back. */
  rollbacks: z.int().nonnegative().default(0),
  /** Sums since the last point of the history. */
  tally: z.array(z.number()).length(5),
  /** That the run has taken, where it is limited by time. */
  seconds: z.number().nonnegative().optional(),
  batches: batchesSchema,
});

/** What resuming needs besides tensors, and besides the run's record. */
const progressSchema = stateSchema.extend({
  /** Where the run goes back to if it diverges (training/divergence.ts): updates, epochs and points of the history by then. */
  rollback: z
    .strictObject({ step: place, epoch: z.number().nonnegative(), points: place, progress: stateSchema })
    .optional(),
});
export type TrainerProgress = z.infer<typeof progressSchema>;

/** What a checkpoint says of the run that made it. */
export type RunRecord = z.infer<typeof runSchema>;

/** The run record of a checkpoint, checked. */
export function readRun(checkpoint: Checkpoint, name: string): RunRecord {
  const result = runSchema.safeParse(checkpoint.run);
  if (result.success) return result.data;
  throw new UserError(
    `${name}: the checkpoint is damaged: run.${firstIssue(result.error)}; use another, or train again`,
  );
}

/** What a checkpoint has for resuming, checked. */
export function readProgress(data: Json): TrainerProgress {
  const result = progressSchema.safeParse(data);
  if (result.success) return result.data;
  throw new UserError(`the checkpoint can't be resumed: resume.${firstIssue(result.error)}`);
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return excerpt(`${issue?.path.join('.')}: ${issue?.message}`);
}

/** The recipe of a record, complete. */
export function recipeOf({ recipe }: Pick<RunRecord, 'recipe'>): Recipe {
  return resolveRecipe(recipe);
}

/** As plain JSON, which has null for infinity. */
export function toJson(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
