import * as z from 'zod';
import { excerpt, UserError } from '../errors.ts';
import type { Checkpoint, Json } from '../nn/checkpoint.ts';
import type { Corpus } from '../text/corpus.ts';
import { completeRecipeSchema } from './complete-recipe.ts';
import { historySchema } from './history.ts';

// What a checkpoint holds of the run that made it, besides tensors: the record, and the data that resuming needs. Every field must be
// there. nn/checkpoint-versions.ts fills in what files of an earlier version lack.

const runSchema = z.strictObject({
  recipe: completeRecipeSchema,
  corpus: z.strictObject({
    /** SHA-256 of the bytes of all files together. */
    hash: z.string(),
    /** How many bytes each file has, because files are read apart in lines mode; null where that isn't recorded. */
    files: z.array(z.int().nonnegative()).nullable(),
    mode: z.enum(['stream', 'lines', 'pairs']),
    characters: z.number(),
    /** Of pairs: the columns of source and target, the most symbols of a pair, and the hashes of the parts that are files of their own. */
    columns: z.array(z.int()).length(2).optional(),
    maxLength: z.int().optional(),
    validationHash: z.string().optional(),
    testHash: z.string().optional(),
    trainSymbols: z.number(),
    validationSymbols: z.number(),
    testSymbols: z.number(),
  }),
  /** SHA-256 of the parameters that the run began with, where it began with a trained model (fine-tuning); null where they were drawn. */
  origin: z.string().nullable(),
  /** Updates done when the checkpoint was taken. */
  step: z.int().nonnegative(),
  /** Epochs read by then, with fraction. */
  epoch: z.number().nonnegative(),
  /** Steps of the last phase, in which the model learned the validation part, too (finish.ts); 0 where it has not. */
  finishSteps: z.int().nonnegative(),
  history: historySchema,
});

/** What was run, and how it went. Every checkpoint has it. */
export type RunRecord = z.infer<typeof runSchema>;

const count = z.int().nonnegative();
const byte = z.int().min(0).max(255);

/** State of the batches (text/windows.ts). The batches themselves check whether it belongs to the text. */
const batchesSchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('stream'), step: count, epoch: count }),
  z.strictObject({ mode: z.literal('pairs'), epoch: count, batch: count }),
  z.strictObject({
    mode: z.literal('lines'),
    random: z.strictObject({ i: byte, j: byte, S: z.array(byte).length(256) }),
    taken: count,
    counted: count,
    positions: z.array(count),
    ends: z.array(count),
    inputs: z.array(count),
    keep: z.array(z.int().min(0).max(1)),
  }),
]);

const stateSchema = z.strictObject({
  /** The validation loss of the best model so far; null where there is none. */
  best: z.number().nullable(),
  /** Its accuracy, where accuracy selects. */
  bestAccuracy: z.number().min(0).max(1).optional(),
  /** Validations since the best, or since the last that was more accurate. */
  sinceBest: count,
  /** Drops of the learning rate because validation stood still. */
  plateaus: count,
  /** Validations since the last such drop, or since the best. */
  sincePlateau: count,
  /** How often the run has diverged and gone back. */
  rollbacks: count,
  /** Sums since the last point of the history: see `StretchSums`. */
  tally: z.array(z.number()).length(5),
  /** How long the run has taken, where it is limited by time. */
  seconds: z.number().nonnegative().optional(),
  batches: batchesSchema,
});

const resumeSchema = stateSchema.extend({
  /** The state to go back to if the run diverges (training/rollback.ts). The history that it had is the first `points` of the run's. */
  rollback: z
    .strictObject({ step: count, epoch: z.number().nonnegative(), points: count, progress: stateSchema })
    .optional(),
});

/** What resuming needs besides tensors and the run's record. A checkpoint that can be resumed has it. */
export type ResumeRecord = z.infer<typeof resumeSchema>;

/** Whether two records are of one run: of the same text, recipe and beginning. The limits may change when a run is resumed. */
export function isSameRun(one: RunRecord, other: RunRecord): boolean {
  const identity = ({
    recipe: { limits: _, ...recipe },
    corpus: { files: _f, ...corpus },
    origin,
  }: RunRecord): string => JSON.stringify([recipe, corpus, origin]);
  return identity(one) === identity(other) && areSameFiles(one.corpus.files, other.corpus.files);
}

/** Whether a run was trained on this text: the same bytes, divided into the same files. */
export function isTextOf({ corpus }: RunRecord, { hash, files }: Pick<Corpus, 'hash' | 'files'>): boolean {
  return corpus.hash === hash && areSameFiles(corpus.files, files);
}

/** Whether texts end in the same places. Records of earlier versions don't say where theirs did. */
function areSameFiles(one: readonly number[] | null, other: readonly number[] | null): boolean {
  return one === null || other === null || one.join() === other.join();
}

/** The run record of a checkpoint. UserError where it is damaged; `name` names the checkpoint in the message. */
export function readRun(checkpoint: Pick<Checkpoint, 'run'>, name: string): RunRecord {
  const result = runSchema.safeParse(checkpoint.run);
  if (result.success) return result.data;
  throw new UserError(
    `${name}: the checkpoint is damaged: run.${firstIssue(result.error)}; use another, or train again`,
  );
}

/** The data that a checkpoint has for resuming. UserError where it has none, or where it is damaged. */
export function readResume({ resume }: Pick<Checkpoint, 'resume'>): ResumeRecord {
  if (!resume) throw new UserError('the checkpoint has no training state to resume; give the .last.json beside it');
  const result = resumeSchema.safeParse(resume.data);
  if (result.success) return result.data;
  throw new UserError(`the checkpoint can't be resumed: resume.${firstIssue(result.error)}`);
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return excerpt(`${issue?.path.join('.')}: ${issue?.message}`);
}

/** As plain JSON, where null stands for infinity, and keys that are undefined are left out. */
export function toJson(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
