import * as z from 'zod';
import { message, option } from '../errors.ts';
import { rule } from '../schema.ts';
import { bytesSchema, pairReadingSchema } from '../text/options.ts';
import { PARTS } from '../text/parts.ts';
import { dynamicSchema } from '../training/dynamic.ts';
import { placeSchema } from '../training/place.ts';

export { dynamicSchema } from '../training/dynamic.ts';

/** What evaluation can be told. */
export const evaluationSchema = z
  .strictObject({
    part: z
      .enum(['all', ...PARTS])
      .default('all')
      .describe('measure a part only, of the text that the model was trained on'),
    only: z
      .union([z.string(), bytesSchema])
      .optional()
      .describe('measure these symbols only: 01, for example, where the answers are 0 or 1 (see rnn corpus)'),
    dynamic: dynamicSchema.optional(),
    threads: z
      .int()
      .min(1)
      .max(256)
      .default(1)
      .describe('threads for a model of lines; a stream is read by one thread'),
    kernel: placeSchema.shape.kernel,
  })
  .superRefine(
    rule(({ only, dynamic }) => {
      if (only === undefined || dynamic === undefined) return undefined;
      return message`${option('only')} can't be given with ${option('dynamic')}, which learns from all symbols; leave one out`;
    }),
  );

/** What evaluation of a model of pairs can be told. */
export const pairEvaluationSchema = z.strictObject({
  part: evaluationSchema.shape.part,
  k: z
    .int()
    .min(1)
    .max(10_000)
    .default(1)
    .describe('of a model that transduces: hypotheses that beam search keeps to find a target; 1 is greedy'),
  length: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe(
      'of a model that transduces: the most symbols of a target that is looked for (default: 100, or as many as the longest target has)',
    ),
  columns: pairReadingSchema.shape.columns,
  kernel: placeSchema.shape.kernel,
});

/** What the measurement of another program's predictions can be told. */
export const predictionSchema = pairEvaluationSchema.pick({ columns: true });

export type PredictionRequest = z.input<typeof predictionSchema>;

export type PairEvaluationRequest = z.input<typeof pairEvaluationSchema>;

export type EvaluationRequest = z.input<typeof evaluationSchema>;
