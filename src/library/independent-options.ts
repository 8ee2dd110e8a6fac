import * as z from 'zod';
import { sampleSchema } from '../decoding/options.ts';

const { prefix, count, length, seed } = sampleSchema.shape;

/** What drawing each position by itself can be told. */
export const independentSchema = z.strictObject({
  prefix,
  count: count
    .unwrap()
    .max(1_000_000)
    .default(1)
    .describe(count.description ?? ''),
  length: length
    .unwrap()
    .max(100_000)
    .optional()
    .describe(length.description ?? ''),
  seed,
  marginals: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe(
      'for independent positions: count the marginals among so many ordinary texts (default: compute them exactly)',
    ),
});

export type IndependentRequest = z.input<typeof independentSchema>;
