import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { parseOptions } from '../schema.ts';
import { type Corpus, CorpusAssembly } from './corpus-assembly.ts';
import { type CorpusOptions, corpusOptionsSchema, PIECE_BYTES } from './corpus-options.ts';
import { openSource } from './sources.ts';

export type { Corpus, LeftOut } from './corpus-assembly.ts';
export { type CorpusOptions, corpusOptionsSchema } from './corpus-options.ts';

/**
 * Reads text files one after the other, in one pass; `-` is standard input. In stream mode the files are joined as they are. In all other
 * modes the end of a file also ends its last example. UTF-8 is decoded strictly. A byte order mark at the start of a file is left out. UTF-16
 * is converted, except where symbols are bytes. In a stream and within examples, CR LF stays CR LF; for a vocabulary that is given, line ends that it does
 * not have become those that it has.
 *
 * Memory: one byte for each symbol if there are up to 256 different symbols, two bytes up to 65,536, else four. In lines mode, training
 * takes twelve more bytes for each line.
 *
 * UserError, in one line that names the file, if a file can't be read, is not UTF-8, or has no text. UsageError for an option that
 * can't be taken.
 */
export async function readCorpus(sources: readonly string[], options: CorpusOptions = {}): Promise<Corpus> {
  if (sources.length === 0) throw new UserError('no text given; name a text file, or - for standard input');
  if (sources.filter((path) => path === '-').length > 1)
    throw new UserError('standard input (-) can be read only once');
  const checked = parseOptions(corpusOptionsSchema, options);
  const assembly = new CorpusAssembly(sources, checked);
  for (const path of sources) {
    const source = await openSource(path, checked.stdin ?? process.stdin, checked.pieceBytes);
    try {
      assembly.begin(source.name, source.size, source.device);
      for await (const piece of source.pieces) assembly.write(piece);
      assembly.end();
    } finally {
      await source.close();
    }
  }
  return assembly.finish();
}

/** The hash and the files of a text, without reading its symbols. Undefined where one of them is no file: standard input and pipes can be read only once. UserError as for `readCorpus`. */
export async function fingerprint(sources: readonly string[]): Promise<Pick<Corpus, 'hash' | 'files'> | undefined> {
  if (sources.some((path) => path === '-' || isNoFile(path))) return undefined;
  const hash = createHash('sha256');
  const files: number[] = [];
  for (const path of sources) {
    const source = await openSource(path, process.stdin, PIECE_BYTES);
    try {
      let bytes = 0;
      for await (const piece of source.pieces) {
        hash.update(piece);
        bytes += piece.length;
      }
      files.push(bytes);
    } finally {
      await source.close();
    }
  }
  return { hash: hash.digest('hex'), files };
}

/** Whether there is something at a path that is no file. What can't be looked at, whoever opens it complains about. */
function isNoFile(path: string): boolean {
  try {
    return !statSync(path).isFile();
  } catch {
    return false;
  }
}

/** A corpus from a string. The string is read like a file with the same text. */
export function corpusFromText(text: string, options: CorpusOptions = {}): Corpus {
  const assembly = new CorpusAssembly(['text'], parseOptions(corpusOptionsSchema, options));
  const bytes = new TextEncoder().encode(text);
  assembly.begin('text', bytes.length, false);
  assembly.write(bytes);
  assembly.end();
  return assembly.finish();
}
