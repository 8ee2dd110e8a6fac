import * as z from 'zod';
import { modelSchema, pairModelSchema } from '../nn/config.ts';
import { PAIR_TASKS } from '../pair-task.ts';

/** What a run learns: a text, or a task of pairs; `auto` decides by the files. */
export const TASKS = ['auto', 'text', ...PAIR_TASKS] as const;

/** The model that a run is asked for. It is `modelSchema`, in which the task of pairs need not be known yet. */
export const modelRequestSchema = z.strictObject({
  ...modelSchema.shape,
  pairs: z
    .strictObject({
      ...pairModelSchema.shape,
      task: z
        .enum(TASKS)
        .default('auto')
        .describe(
          'what is learned: a text; or from pairs a sequence (transduce), a label for each symbol (tag) or one label (classify); auto decides by the files',
        ),
    })
    .optional(),
});

export type ModelRequest = z.input<typeof modelRequestSchema>;
