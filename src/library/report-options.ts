import * as z from 'zod';

/** What a report can be told. */
export const reportSchema = z.strictObject({
  text: z
    .string()
    .optional()
    .describe('the text that the model is shown reading (default: one that it writes itself), or a file of pairs'),
  length: z.int().min(10).max(100_000).default(2000).describe('symbols of the text that are shown'),
  seed: z.string().default('1').describe('the same seed gives the same samples'),
});

export type ReportRequest = z.input<typeof reportSchema>;
