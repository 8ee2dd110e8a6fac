import * as z from 'zod';
import { ACTIVATIONS, RESETS } from '../nn/cells/options.ts';

/** The formats of one file go by its ending; those of a folder must be named. */
export const FORMATS = ['safetensors', 'onnx', 'html', 'ml5', 'pytorch'] as const;
export type Format = (typeof FORMATS)[number];

/** The formats of one file, which is named by its ending. */
export const FILE_FORMATS = ['safetensors', 'onnx', 'html'] as const satisfies readonly Format[];

export const exportSchema = z.strictObject({
  to: z
    .enum(FORMATS)
    .optional()
    .describe(
      'format: safetensors, onnx or html, which make a file (a transducer as onnx is a folder), or ml5 or pytorch, which make a folder',
    ),
  half: z
    .boolean()
    .default(false)
    .describe('html: store the parameters as float16, in half the bytes, and say by how much the loss changes'),
});

export type ExportOptions = z.input<typeof exportSchema>;

const symbol = z.union([z.string(), z.int().min(0).max(255)]);

/** What may be said of a model whose file doesn't say it. */
export const importSchema = z.strictObject({
  symbols: z
    .union([z.string(), z.array(symbol), z.record(z.string(), z.int().nonnegative())])
    .optional()
    .describe(
      'the symbols in the order of their ids: characters, a list, or a record of each one’s number; printable is Python’s string.printable',
    ),
  activation: z
    .enum(ACTIVATIONS)
    .optional()
    .describe('σ of a vanilla RNN, where the file does not say it; tanh if not given'),
  reset: z
    .enum(RESETS)
    .optional()
    .describe('where the reset gate of a GRU acts, where the file does not say it; after, as in PyTorch, if not given'),
});

export type ImportOptions = z.input<typeof importSchema>;
