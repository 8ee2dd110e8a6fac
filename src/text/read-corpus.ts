import * as z from 'zod';
import { createSha256 } from '#host/sha256';
import { UserError } from '../errors.ts';
import { parseOptions, requirePaths } from '../schema.ts';
import { CorpusAssembly } from './corpus-assembly.ts';
import { corpusOptionsSchema } from './corpus-options.ts';
import type { Corpus } from './final-corpus.ts';
import { isInPieces, isReadOnce, openSource, PIECE_BYTES, type Pieces, requireOneStandardInput } from './sources.ts';

/** How the text of files is read. */
export const fileOptionsSchema = corpusOptionsSchema.safeExtend({
  stdin: z
    .custom<Pieces>(isInPieces)
    .optional()
    .describe('must be a stream, which - reads in the place of standard input'),
  pieceBytes: z.int().min(1).default(PIECE_BYTES).describe('bytes read at once'),
});

export type FileOptions = Readonly<z.input<typeof fileOptionsSchema>>;

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
export async function readCorpus(sources: readonly string[], options: FileOptions = {}): Promise<Corpus> {
  requirePaths(sources, 'sources');
  if (sources.length === 0) throw new UserError('no text given; name a text file, or - for standard input');
  requireOneStandardInput(sources);
  const checked = parseOptions(fileOptionsSchema, options);
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

/** The hash and the files of a text, without reading its symbols. Undefined where one of them can be read only once. UserError as for `readCorpus`. */
export async function fingerprint(sources: readonly string[]): Promise<Pick<Corpus, 'hash' | 'files'> | undefined> {
  if (sources.some(isReadOnce)) return undefined;
  const hash = createSha256();
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
  return { hash: hash.digest(), files };
}
