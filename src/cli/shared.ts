import * as z from 'zod';
import { placeSchema } from '../library/place.ts';
import type { Flag } from './flags.ts';

/** Options that several commands have. */
export const OPTIONS = {
  checkpoint: z
    .string()
    .optional()
    .describe('the model (default: what RNN_CHECKPOINT names, or the newest in ./checkpoints)'),
  kernel: placeSchema.shape.kernel,
  json: z.boolean().default(false).describe('print JSON Lines'),
  raw: z.boolean().default(false).describe('print control characters as they are, on a terminal too'),
  quiet: z.boolean().default(false).describe('print nothing but errors on standard error'),
  svg: z.string().optional().describe('write the drawings to a file, as SVG; - is standard output'),
  html: z.string().optional().describe('write the drawings to a file, as one page; - is standard output'),
} as const;

/** Their flags. */
export const FLAGS = {
  checkpoint: { flag: '-c, --checkpoint <file>', spelling: 'file' },
  /** For commands without other arguments. */
  checkpointArgument: { flag: '[checkpoint]', also: '-c, --checkpoint <file>', spelling: 'file' },
  kernel: '--kernel <name>',
  hiddenKernel: { flag: '--kernel <name>', hidden: true },
  json: '--json',
  raw: '--raw',
  quiet: '-q, --quiet',
  svg: { flag: '--svg <file>', spelling: 'nonEmpty' },
  html: { flag: '--html <file>', spelling: 'nonEmpty' },
} as const satisfies Record<string, string | Flag>;

/** The flags of `freshSchema`, at `model`. */
export const FRESH_FLAGS = {
  'Fresh models:': {
    'model.cell': '--cell <name>',
    'model.activation': '--activation <name>',
    'model.reset': '--reset <when>',
    'model.layers': '--layers <n>',
    'model.hidden': '--hidden <n>',
    'model.mode': '--mode <mode>',
    'model.seed': '--seed <seed>',
  },
} as const;
