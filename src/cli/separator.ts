import * as z from 'zod';
import { message, option, UsageError } from '../errors.ts';
import type { LanguageModel } from '../library/language-model.ts';
import { FILE, LINE, separatorOf, separatorSchema, type Text, withLineEnd } from '../library/lines.ts';
import { readEscapes } from './constraints.ts';

/** What separates texts that are read or printed, where it is not what separates the examples that the model learned from. */
export const SEPARATOR_OPTIONS = {
  separator: separatorSchema
    .optional()
    .describe('what stands after each text (default: what separates the examples that the model learned from)'),
  nul: z.boolean().default(false).describe('a NUL character stands after each text, as with xargs -0'),
} as const;

/** Their flags. */
export const SEPARATOR_FLAGS = {
  separator: { flag: '--separator <text>', spelling: 'nonEmpty' },
  nul: '-0, --null',
} as const;

interface Given {
  readonly separator?: Text | undefined;
  readonly nul?: boolean | undefined;
}

/** The separator that the options name. Undefined where they name none. */
export function namedSeparator({ separator, nul }: Given, unit: LanguageModel['vocabulary']['unit']): Text | undefined {
  if (separator !== undefined && nul) {
    throw new UsageError(message`${option('separator')} and ${option('nul')} can't both be given; leave one out`);
  }
  if (nul) return '\0';
  return separator === undefined ? undefined : separatorOf(readEscapes('separator', separator, unit));
}

/** What is printed with each text, so that the same separator divides what was printed into the same texts. */
export interface Frame {
  /** Before each text except the first. */
  readonly before: Text;
  /** After each text. */
  readonly after: Text;
}

/** How texts are printed: lines each on a line; texts of several lines with their separator, or with an empty line if they had a file each. */
export function frameOf(separator: Text, { vocabulary }: Pick<LanguageModel, 'vocabulary'>): Frame {
  if (separator === LINE) return { before: '', after: '\n' };
  if (separator === FILE) return { before: '\n', after: '\n' };
  return { before: '', after: withLineEnd(separator, vocabulary.lineEnd) };
}
