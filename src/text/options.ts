import * as z from 'zod';
import { message, option } from '../errors.ts';
import { parseOptions, rule } from '../schema.ts';
import { MODES } from './mode.ts';
import { TEXT_UNITS, UNITS } from './symbols.ts';
import type { Text } from './text.ts';

/** A text that is given as bytes. They are for models whose symbols are bytes; other models read them as UTF-8. */
export const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array).describe('must be bytes');

/** A text that a program gives. */
export const textSchema = z.union([z.string(), bytesSchema]);

/** UsageError where a program gives something else than a text. `key` names it in the message. */
export function requireText(key: string, text: Text): void {
  parseOptions(z.strictObject({ [key]: textSchema }), { [key]: text });
}

/** What separates the examples of a file. */
export const separatorSchema = z.union([z.string().min(1), bytesSchema.refine((bytes) => bytes.length > 0)]);

const corpusFields = z.strictObject({
  mode: z
    .enum(['auto', ...MODES, 'files'])
    .default('auto')
    .describe('stream: one long text; lines, files: each line or file is an example; auto chooses'),
  separator: separatorSchema
    .optional()
    .describe('what separates examples of several lines, such as \\n\\n (default: the end of a line)'),
  unit: z.enum(TEXT_UNITS).default('codepoint').describe('what a symbol is'),
  minCount: z.int().min(1).default(1).describe('symbols that occur less often become <unk>'),
  maxBytes: z.int().min(1).optional().describe('refuse a longer text (default: what memory has room for)'),
});

/** How a text is read: what a caller can say of it. `CorpusOptions` has more, which only a program can give. */
export const corpusSchema = corpusFields.superRefine(
  rule(({ mode, separator }) =>
    separator !== undefined && (mode === 'stream' || mode === 'files')
      ? message`${option('separator')} divides a text into examples, which ${option('mode')} ${mode} does not; leave one out`
      : undefined,
  ),
);

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
