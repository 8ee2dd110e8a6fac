import { fstatSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { beginsAsCheckpoint, FORMAT_BYTES } from '../checkpoint-format.ts';
import { message, option, UserError } from '../errors.ts';
import { sourceName } from './source-name.ts';

/** Bytes read at once. So many cost little a piece, and their code points stay in the processor's cache. */
export const PIECE_BYTES = 1 << 18;

/** What is read in the place of standard input: a stream of Node, or anything that gives bytes or texts in pieces. */
export type Pieces = AsyncIterable<Uint8Array | string>;

export function isInPieces(value: unknown): value is Pieces {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** A text that is to be read: a file or standard input. */
export interface Source {
  /** The name that messages use. */
  readonly name: string;
  /** The number of bytes if it is known before reading, else 0. */
  readonly size: number;
  /** True for a device: its text may never end. */
  readonly device: boolean;
  /** The bytes in order, in pieces. The next piece may overwrite the one before. */
  readonly pieces: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Opens a file, or `stdin` for `-`. UserError if it can't be read, or is a checkpoint: nobody wants to train on one, or to score it. */
export async function openSource(path: string, stdin: Pieces, pieceBytes: number): Promise<Source> {
  if (path === '-') {
    const device = stdin === process.stdin && isDevice(fstatSync(0));
    return { name: sourceName(path), size: 0, device, pieces: streamed(stdin), close: async () => {} };
  }
  try {
    const file = await open(path);
    const stat = await file.stat();
    const read = async (into: Uint8Array) => (await file.read(into, 0, into.length, null)).bytesRead;
    if (stat.isFile()) await refuseCheckpoint(file, path);
    if (!stat.isDirectory()) {
      const of = { name: path, size: stat.size, device: isDevice(stat) };
      return { ...of, pieces: pieces(path, read, pieceBytes), close: () => file.close() };
    }
    await file.close();
  } catch (error) {
    throw error instanceof UserError ? error : unreadable(path, error);
  }
  throw unreadable(path, { code: 'EISDIR' });
}

async function refuseCheckpoint(file: FileHandle, path: string): Promise<void> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(FORMAT_BYTES), 0, FORMAT_BYTES, 0);
  if (!beginsAsCheckpoint(buffer.toString('latin1', 0, bytesRead))) return;
  await file.close();
  throw new UserError(
    message`${path}: a checkpoint, not a text; name a model by an option, such as ${option('checkpoint')}`,
  );
}

/** UserError where standard input is named twice: the second time, nothing would be left of it. */
export function requireOneStandardInput(paths: readonly string[]): void {
  if (paths.indexOf('-') === paths.lastIndexOf('-')) return;
  throw new UserError('standard input (-) can be read only once');
}

/** Whether a text can be read only once: standard input, a pipe, a device. What can't be looked at, whoever opens it complains about. */
export function isReadOnce(path: string): boolean {
  try {
    return path === '-' || !statSync(path).isFile();
  } catch {
    return false;
  }
}

function isDevice(stat: Stats): boolean {
  return stat.isCharacterDevice();
}

async function* pieces(
  path: string,
  read: (into: Uint8Array) => Promise<number>,
  pieceBytes: number,
): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(pieceBytes);
  for (;;) {
    const count = await read(piece).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    if (count === 0) return;
    yield piece.subarray(0, count);
  }
}

async function* streamed(stdin: Pieces): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of stdin) yield typeof piece === 'string' ? Buffer.from(piece) : piece;
  } catch (error) {
    throw unreadable(sourceName('-'), error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file; give the path of a text file, or - for standard input',
  EISDIR: 'is a directory; give a text file, or - for standard input',
  EACCES: 'no permission to read it; change its mode, or give another file',
  EPERM: 'no permission to read it; change its mode, or give another file',
};

function unreadable(name: string, error: unknown): UserError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const reason = REASONS[code] ?? `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  return new UserError(`${name}: ${reason}`, { cause: error });
}
