import * as z from 'zod';
import { evaluationSchema } from './evaluation-options.ts';

/** What a comparison with n-gram models can be told. */
export const ngramSchema = z.strictObject({
  orders: z
    .strictObject({ least: z.int().min(1).max(100), most: z.int().min(1).max(100) })
    .default({ least: 1, most: 12 })
    .describe('also measure n-gram models of these orders, such as 1-12, of the same training text'),
  training: z
    .array(z.string())
    .default([])
    .describe('the training text of the n-gram models, where the measured text is not part of it'),
  part: evaluationSchema.shape.part,
});

export type NgramRequest = z.input<typeof ngramSchema>;
