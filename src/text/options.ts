import * as z from 'zod';
import { MODES } from './mode.ts';
import { UNITS } from './symbols.ts';

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
