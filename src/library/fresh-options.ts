import * as z from 'zod';
import { modelSchema } from '../nn/config.ts';
import { corpusSchema } from '../text/options.ts';

const { cell, activation, reset, layers, hidden } = modelSchema.shape;

/** What a model as it is before training can be told. */
export const freshSchema = z.strictObject({
  cell: cell.unwrap().default('lstm').describe('recurrent cell'),
  activation,
  reset,
  layers: layers.unwrap().default(1).describe('recurrent layers'),
  hidden: hidden.unwrap().default(64).describe('units of a layer'),
  mode: corpusSchema.shape.mode,
  seed: z.string().default('1').describe('the same seed gives the same parameters'),
});
