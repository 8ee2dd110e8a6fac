import { memoryBytes } from '#host/machine';
import { UserError } from '../errors.ts';
import { readingOf, readTexts } from '../text/line-reader.ts';
import { LineSet } from '../text/line-set.ts';
import { LINE } from '../text/records.ts';
import { requireOneStandardInput } from '../text/sources.ts';
import { bytesOf, type Text } from '../text/text.ts';
import type { LanguageModel } from './language-model.ts';

/** The most bytes of one file: what memory has room for. */
const MOST_BYTES = Math.floor(memoryBytes() / 4);

/**
 * All texts of some files as a model reads them, so that they can be told from what it writes: lines, or what `separator` separates.
 * UserError for a file that can't be read.
 */
export async function knownLines(
  files: readonly string[],
  { vocabulary }: Pick<LanguageModel, 'vocabulary'>,
  separator: Text = vocabulary.separator,
): Promise<LineSet> {
  requireOneStandardInput(files);
  const known = new LineSet();
  const options = { ...readingOf(vocabulary), separator, mostBytes: MOST_BYTES };
  for (const file of files) {
    for await (const texts of readTexts(file, options)) {
      for (const { number, text } of texts) {
        try {
          known.add(bytesOf(vocabulary.read(text)));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          throw new UserError(`${file}: ${separator === LINE ? 'line' : 'text'} ${number}: ${error.message}`);
        }
      }
    }
  }
  return known;
}
