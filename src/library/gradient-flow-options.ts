import * as z from 'zod';
import { pairReadingSchema } from '../text/options.ts';
import { placeSchema } from '../training/place.ts';
import { freshSchema } from './fresh-options.ts';

/** The greatest lag where none is given. */
export const LAGS = 100;

/** What a measurement of gradient flow can be told. */
export const gradientFlowSchema = z.strictObject({
  checkpoint: z
    .string()
    .optional()
    .describe(
      'the model, or the first member of an ensemble (default: what RNN_CHECKPOINT names, or the newest in ./checkpoints)',
    ),
  fresh: z.boolean().default(false).describe('measure a model as it is before training, instead of a checkpoint'),
  compare: z
    .union([z.literal(true), z.array(z.string())])
    .optional()
    .describe('compare several checkpoints; without any, a fresh RNN, LSTM and GRU'),
  model: freshSchema.prefault({}),
  lags: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe(`the greatest lag (default: ${LAGS}, or twice the BPTT of a checkpoint if that is more)`),
  positions: z.int().min(1).max(100_000).default(64).describe('times t to average over'),
  jacobians: z
    .int()
    .min(0)
    .max(100_000)
    .optional()
    .describe('times t for the products of Jacobians; 0 for none (default: 4, or 1 for wide layers)'),
  double: z
    .boolean()
    .default(false)
    .describe('compute in float64, which is slow: for gradients that vanish below 1e-38'),
  kernel: placeSchema.shape.kernel,
});

/** What a measurement of models of pairs can be told. */
export const pairFlowSchema = z.strictObject({
  columns: pairReadingSchema.shape.columns,
  positions: gradientFlowSchema.shape.positions,
  double: gradientFlowSchema.shape.double,
  kernel: gradientFlowSchema.shape.kernel,
});

export type PairFlowRequest = z.input<typeof pairFlowSchema>;

export type GradientFlowRequest = z.input<typeof gradientFlowSchema>;
