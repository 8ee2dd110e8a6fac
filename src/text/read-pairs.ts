import { message, option, UserError } from '../errors.ts';
import { requirePaths } from '../schema.ts';
import { PairAssembly, type PairCorpus, type PairOptions } from './pairs.ts';
import { openSource, PIECE_BYTES, type Pieces, requireOneStandardInput } from './sources.ts';
import { concatBytes } from './text.ts';

/** How files of pairs are read. */
export interface PairFileOptions extends PairOptions {
  /** The most bytes of a file. */
  readonly maxBytes?: number | undefined;
  /** What `-` reads: the process's standard input if not given. */
  readonly stdin?: Pieces | undefined;
}

/** Bytes of a file above which pairs are refused, unless the caller says otherwise: no list of pairs is as long. */
const MOST_BYTES = 2 ** 31;

/** Reads files of pairs, one after the other, by the rules of `pairsFrom`. UserError likewise, and for a file that can't be read. */
export async function readPairs(sources: readonly string[], options: PairFileOptions): Promise<PairCorpus> {
  requirePaths(sources, 'sources');
  if (sources.length === 0) throw new UserError('no pairs given; name a file of pairs, or - for standard input');
  requireOneStandardInput(sources);
  const assembly = new PairAssembly(options);
  for (const path of sources) assembly.add(path, await readBytes(path, options));
  return assembly.finish();
}

/** All bytes of a file, or of standard input for `-`. UserError for a file that can't be read, or is too long. */
export async function readBytes(
  path: string,
  { stdin = process.stdin, maxBytes = MOST_BYTES }: Pick<PairFileOptions, 'stdin' | 'maxBytes'>,
): Promise<Uint8Array> {
  const source = await openSource(path, stdin, PIECE_BYTES);
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of source.pieces) {
      length += piece.length;
      if (length > maxBytes) {
        throw new UserError(
          message`${source.name}: the pairs have more than ${maxBytes} bytes, the most allowed; give a part of them, or a larger ${option('maxBytes')}`,
        );
      }
      pieces.push(piece.slice());
    }
  } finally {
    await source.close();
  }
  return concatBytes(pieces);
}
