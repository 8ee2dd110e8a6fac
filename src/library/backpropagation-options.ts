import * as z from 'zod';
import { bpttSchema } from '../insight/bptt/options.ts';
import { freshSchema } from './fresh-options.ts';

/** What an examination of backpropagation through time can be told. */
export const backpropagationSchema = bpttSchema.extend({
  checkpoint: z
    .string()
    .optional()
    .describe('the model, of one network (default: what RNN_CHECKPOINT names, or the newest in ./checkpoints)'),
  fresh: z.boolean().default(false).describe('a model as it is before training, whose symbols are those of the text'),
  model: freshSchema
    .omit({ mode: true })
    .extend({
      cell: freshSchema.shape.cell.unwrap().default('rnn').describe('recurrent cell'),
      hidden: freshSchema.shape.hidden.unwrap().default(3).describe('units of a layer'),
      mode: z
        .enum(['lines', 'stream'])
        .default('lines')
        .describe('lines: the text ends in <stop>, which is predicted too; stream: it has no end'),
    })
    .prefault({}),
});

export type BackpropagationRequest = z.input<typeof backpropagationSchema>;
