import * as z from 'zod';
import { MODES } from './mode.ts';
import { UNITS } from './symbols.ts';

/** A text that is given as bytes. They are for models whose symbols are bytes; other models read them as UTF-8. */
export const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array).describe('must be bytes');

/** How a text is read: what a caller can say of it. `CorpusOptions` has more, which only a program can give. */
export const corpusSchema = z.strictObject({
  mode: z
    .enum(['auto', ...MODES])
    .default('auto')
    .describe('stream: one long text; lines: each line is an example; auto chooses'),
  unit: z.enum(UNITS).default('codepoint').describe('what a symbol is'),
  minCount: z.int().min(1).default(1).describe('symbols that occur less often become <unk>'),
  maxBytes: z.int().min(1).optional().describe('refuse a longer text (default: what memory has room for)'),
});

/** How the columns of a file of pairs are read: what a caller can say of it. */
export const pairReadingSchema = z.strictObject({
  columns: z
    .tuple([z.int().min(1), z.int().min(1)])
    .optional()
    .describe('columns of the source and of the target, as cut counts them (default: 1,2)'),
  sourceUnit: z.enum(UNITS).optional().describe('what a symbol of a source is (default: codepoint)'),
  targetUnit: z
    .enum(UNITS)
    .optional()
    .describe('what a symbol of a target is (default: field for classify, else codepoint)'),
  maxLength: z.int().min(1).optional().describe('refuse a pair with more symbols in its source or its target'),
});

export type PairReading = z.input<typeof pairReadingSchema>;
