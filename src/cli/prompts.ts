import * as z from 'zod';
import type { LanguageModel } from '../library/language-model.ts';
import { FILE, readWhole, splitTexts, type Text } from '../library/lines.ts';
import { filesOf } from './sources.ts';

/** Files that say what texts begin with. */
export const PROMPT_OPTIONS = {
  prefixFile: z
    .string()
    .optional()
    .describe('complete each line of a file, - for standard input, and print a line for each'),
  promptFile: z.string().optional().describe('the whole of this file is the prefix; - is standard input'),
} as const;

/** Their flags. */
export const PROMPT_FLAGS = {
  prefixFile: { flag: '--prefix-file <file>', spelling: 'nonEmpty' },
  promptFile: { flag: '--prompt-file <file>', spelling: 'nonEmpty' },
} as const;

/** A file as a prefix. A line end at its end belongs to the prefix of a stream, and to no example, as in training. */
export async function readPrompt(file: string, model: LanguageModel): Promise<Text> {
  const text = await readWhole(file, filesOf(model));
  return model.vocabulary.layout === 'stream' ? text : (splitTexts(text, FILE)[0] ?? '');
}
