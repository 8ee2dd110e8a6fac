import * as z from 'zod';
import { modelSchema } from '../nn/config.ts';
import { placeSchema } from '../training/place.ts';

const { cell, layers, hidden, reset } = modelSchema.shape;
const count = z.int().min(1).max(100_000);

/** What a shape has where only its cell or its units are asked for. The figures of the documents are of this shape. */
export const SHAPE = { cell: 'lstm', hidden: 128 } as const;

/** What a benchmark can be told. */
export const benchmarkSchema = z.strictObject({
  cell: cell.unwrap().optional().describe(`measure one shape only, of this cell (default: ${SHAPE.cell})`),
  layers: layers.describe('layers of that shape'),
  hidden: hidden
    .unwrap()
    .optional()
    .describe(`measure one shape only, of so many units a layer (default: ${SHAPE.hidden})`),
  reset: reset.unwrap().default('after').describe('where the reset gate of the GRU acts'),
  batch: count.default(50).describe('texts side by side'),
  bptt: count.default(50).describe('steps that the gradient goes back'),
  symbols: count.default(65).describe('size of the vocabulary'),
  task: z
    .enum(['train', 'sample', 'peak', 'transduce'])
    .optional()
    .describe('measure this only; transduce: a model of pairs, its training, and its search for 1,000 targets'),
  threads: placeSchema.shape.threads
    .unwrap()
    .optional()
    .describe('measure with so many threads only (default: with one, and with all there are)'),
  kernel: placeSchema.shape.kernel,
  seconds: z.number().positive().default(3).describe('how long to measure each figure'),
  profile: z.boolean().default(false).describe('show how the time of a training step is spent'),
});

export type BenchmarkRequest = z.input<typeof benchmarkSchema>;
