import { z } from 'zod';
import { excerpt, UserError } from '../errors.ts';
import type { Checkpoint, Json } from '../nn/checkpoint.ts';
import { ACTIVATIONS, CELLS, layersProblem, MOST_MEMBERS, type ModelConfig, RESETS } from '../nn/config.ts';
import { NO_DROPOUT } from '../nn/dropout.ts';
import { INITIALIZERS } from '../nn/initializers.ts';
import { historySchema } from './history.ts';
import { OPTIMIZERS } from './optimizer.ts';
import { ON_DIVERGENCE, type Recipe } from './options.ts';
import { SCHEDULE_DEFAULTS, SCHEDULES } from './schedule.ts';

/** JSON has no infinity: null stands for it. */
const limit = z.number().positive().nullable();

const probability = z.number().min(0).lt(1);

// What a later version of the program has added to the recipe has a default, so that records of an earlier one are read.
const recipeSchema = z.strictObject({
  model: z
    .strictObject({
      cell: z.enum(CELLS),
      activation: z.enum(ACTIVATIONS),
      reset: z.enum(RESETS),
      layers: z.int().positive(),
      hidden: z.int().positive(),
      embedding: z.int().nonnegative(),
      tied: z.boolean().default(false),
      members: z.int().positive().max(MOST_MEMBERS).default(1),
    })
    .refine((model) => layersProblem(model) === undefined, {
      error: ({ input }) => layersProblem(input as ModelConfig),
    }),
  initializer: z.enum(INITIALIZERS),
  batch: z.int().positive().optional(),
  bptt: z.int().positive(),
  stride: z.int().positive(),
  optimizer: z.strictObject({
    name: z.enum(OPTIMIZERS),
    momentum: z.number(),
    smoothing: z.number(),
    beta1: z.number(),
    beta2: z.number(),
    epsilon: z.number(),
    weightDecay: z.number(),
  }),
  rate: z.number().positive(),
  schedule: z.strictObject({
    name: z.enum(SCHEDULES),
    warmup: z.number(),
    final: z.number(),
    factor: z.number().default(SCHEDULE_DEFAULTS.factor),
    drops: z.int().nonnegative().default(SCHEDULE_DEFAULTS.drops),
    patience: z.int().positive().default(SCHEDULE_DEFAULTS.patience),
  }),
  dropout: z
    .strictObject({
      input: probability,
      layers: probability,
      output: probability,
      recurrent: probability,
      variational: z.boolean(),
    })
    .default(NO_DROPOUT),
  averaging: z.number().min(0).lt(1).default(0),
  patience: z.int().positive().optional(),
  onDivergence: z.enum(ON_DIVERGENCE).default('stop'),
  clipNorm: limit,
  clipValue: limit,
  limits: z.strictObject({
    epochs: z.number().positive().optional(),
    steps: z.int().nonnegative().optional(),
    seconds: z.number().positive().optional(),
  }),
  validation: z.number().nonnegative(),
  test: z.number().nonnegative(),
  validateEvery: z.int().positive().optional(),
  seed: z.string(),
});

const runSchema = z.strictObject({
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

/**
 * The recipe checked, and its keys in the record's order, however it was put together: a run that is resumed by its record
 * writes the bytes that the unbroken one would.
 */
export function checkRecipe(recipe: Recipe): Recipe {
  const result = recipeSchema.safeParse(toJson(recipe));
  if (result.success) return recipeOf({ recipe: result.data });
  throw new UserError(`the recipe can't be followed: ${firstIssue(result.error)}`);
}

/** A recipe as the record has it, its absent limits being infinite. */
export function recipeOf({ recipe }: Pick<RunRecord, 'recipe'>): Recipe {
  const infinite = Number.POSITIVE_INFINITY;
  return { ...recipe, clipNorm: recipe.clipNorm ?? infinite, clipValue: recipe.clipValue ?? infinite };
}

/** As plain JSON, which has null for infinity. */
export function toJson(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
