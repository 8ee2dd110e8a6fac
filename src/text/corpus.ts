import { parseOptions } from '../schema.ts';
import { CorpusAssembly } from './corpus-assembly.ts';
import { type CorpusOptions, corpusOptionsSchema } from './corpus-options.ts';
import type { Corpus } from './final-corpus.ts';
import { requireText } from './options.ts';
import { bytesOf, type Text } from './text.ts';

export { type CorpusOptions, corpusOptionsSchema } from './corpus-options.ts';
export { type Corpus, isCorpus, type LeftOut } from './final-corpus.ts';

/** A corpus from a text. It is read like a file with the same bytes. */
export function corpusFromText(text: Text, options: CorpusOptions = {}): Corpus {
  requireText('text', text);
  const assembly = new CorpusAssembly(['text'], parseOptions(corpusOptionsSchema, options));
  const bytes = bytesOf(text);
  assembly.begin('text', bytes.length, false);
  assembly.write(bytes);
  assembly.end();
  return assembly.finish();
}
