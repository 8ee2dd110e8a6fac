import { memoryBytes } from '#host/machine';
import { UserError } from '../errors.ts';
import { readLines } from '../text/line-reader.ts';
import { LineSet } from '../text/line-set.ts';
import { bytesOf } from '../text/text.ts';
import type { LanguageModel } from './language-model.ts';

/** The most bytes of one file: what memory has room for. */
const MOST_BYTES = Math.floor(memoryBytes() / 4);

/** All lines of some files as a model reads them, so that they can be told from what it writes. UserError for a file that can't be read. */
export async function knownLines(
  files: readonly string[],
  { vocabulary }: Pick<LanguageModel, 'vocabulary'>,
): Promise<LineSet> {
  const known = new LineSet();
  const options = { mostBytes: MOST_BYTES, convert: vocabulary.unit !== 'byte' };
  for (const file of files) {
    for await (const lines of readLines(file, options)) {
      for (const { number, text } of lines) {
        try {
          known.add(bytesOf(vocabulary.read(text)));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          throw new UserError(`${file}: line ${number}: ${error.message}`);
        }
      }
    }
  }
  return known;
}
