import * as z from 'zod';
import { exportSchema, importSchema } from '../exchange/options.ts';

/** What an export can be told. */
export const exportRequestSchema = exportSchema.extend({
  text: z
    .array(z.string())
    .optional()
    .describe(
      'pytorch: the text to go on training with; html with float16: the text on which the loss is measured; - is standard input',
    ),
});

export type ExportRequest = z.input<typeof exportRequestSchema>;

/** What an import can be told. */
export const importRequestSchema = importSchema.extend({
  symbols: z
    .string()
    .min(1)
    .optional()
    .describe(
      'the symbols in the order of their ids: a file (JSON with a list or a record, or a text, each of whose characters is a symbol), or printable, Python’s string.printable',
    ),
  out: z.string().optional().describe('where the checkpoint is written (default: checkpoints/NAME.json)'),
});

export type ImportRequest = z.input<typeof importRequestSchema>;
