import * as z from 'zod';
import { message, option, UsageError } from '../errors.ts';
import { parseOptions } from '../schema.ts';
import { requireText } from '../text/options.ts';
import type { Text } from '../text/text.ts';

/** UsageError where a program gives something else than a text, or than a list of texts. `key` names it in the message. */
export function requireTexts(key: string, texts: readonly Text[]): void {
  if (!Array.isArray(texts)) throw new UsageError(message`${option(key)} must be a list of texts`);
  const other: unknown = texts.find((text: unknown) => typeof text !== 'string' && !(text instanceof Uint8Array));
  if (other !== undefined || texts.includes(undefined as never)) requireText(key, other as Text);
}

/** UsageError where a program gives something else than the path of a text, or than a list of paths. */
export function requirePathOrPaths(text: string | readonly string[]): void {
  parseOptions(z.strictObject({ text: z.union([z.string(), z.array(z.string())]) }), { text });
}
