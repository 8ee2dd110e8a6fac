import {
  chmodSync,
  closeSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { message, option, UserError } from '../errors.ts';
import { requirePath } from '../schema.ts';
import { type Checkpoint, parseCheckpoint, serializeCheckpoint } from './checkpoint.ts';
import { LIMITS } from './checkpoint-limits.ts';
import {
  modeOf,
  READ_PIECE,
  readUpTo,
  removeTemporary,
  replaceFile,
  syncFolder,
  targetOf,
  temporaryPath,
  writeSynced,
} from './whole-file.ts';

/** Reads and checks a checkpoint. UserError where there is none, or where it is damaged; UsageError where the path is no text. */
export function loadCheckpoint(path: string): Checkpoint {
  requirePath(path);
  return parseCheckpoint(readBytes(path), path);
}

/**
 * Writes a checkpoint as JSON. It is written to a temporary file in the same folder, which is synced and then renamed. So at every instant,
 * even when the power fails, the path holds a whole checkpoint: the old one or the new one. Tensors are little-endian float32 in base64, which
 * is exact. A symbolic link stays, and the file that it points to is written. Nobody may read the new file who may not read the old one. UserError where the file can't be written; then the old file is as it was.
 *
 * @param clear is called when the new file is on the disk, before it takes the place of the old one
 */
export function saveCheckpoint(path: string, checkpoint: Checkpoint, clear?: () => void): void {
  requirePath(path);
  const target = targetOf(path);
  try {
    mkdirSync(dirname(target), { recursive: true });
    replaceFile(target, serializeCheckpoint(checkpoint), clear);
  } catch (cause) {
    throw unsaved(path, cause);
  }
}

/**
 * Gives the checkpoint at `from` the second name `path`, at once and for good, as `saveCheckpoint` writes a file there. It takes no space: no
 * checkpoint is changed in its place, so two names may share it. Nobody may read it then who may not read what was at `path`. False where the file
 * system has no such links. UserError where the name can't be written.
 *
 * @param clear as in `saveCheckpoint`
 */
export function linkCheckpoint(from: string, path: string, clear?: () => void): boolean {
  const target = targetOf(path);
  const temporary = temporaryPath(target);
  try {
    rmSync(temporary, { force: true });
    linkSync(targetOf(from), temporary);
    const before = modeOf(target);
    if (before !== undefined) chmodSync(temporary, before & modeOf(temporary)!);
  } catch {
    return false;
  }
  try {
    clear?.();
    renameSync(temporary, target);
    syncFolder(dirname(target));
    return true;
  } catch (cause) {
    throw unsaved(path, cause);
  }
}

/**
 * Makes the folder of `path`. UserError where a checkpoint can't be saved at `path`: a run should learn this before it trains. Everything that
 * saving does is tried, but for the last rename.
 */
export function requireWritable(path: string): void {
  const target = targetOf(path);
  try {
    mkdirSync(dirname(target), { recursive: true });
    requireReplaceable(target);
    writeSynced(temporaryPath(target), []);
    rmSync(temporaryPath(target));
    syncFolder(dirname(target));
  } catch (cause) {
    throw unsaved(path, cause);
  }
}

/** Throws where there is something that a rename would not replace, or should not. */
function requireReplaceable(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isDirectory()) throw new Error('it is a directory');
  if (!stat.isFile()) throw new Error('it is no regular file');
  try {
    closeSync(openSync(path, 'r+'));
  } catch (error) {
    // A file without the permission to write can be replaced all the same. An immutable one can't.
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
  }
}

/**
 * Removes the temporary files of `path` that crashed runs have left, and returns their names. Only a run that shares the path with no other
 * run may call this.
 *
 * @param isMeant chooses those of other files in the same folder, by their names
 */
export function removeLeftovers(path: string, isMeant = (name: string) => name === basename(targetOf(path))): string[] {
  const folder = dirname(targetOf(path));
  const left = readdirSync(folder).filter((name) => {
    const [, file] = /^\.(.+)\.\d+\.tmp$/s.exec(name) ?? [];
    return file !== undefined && isMeant(file);
  });
  for (const name of left) rmSync(join(folder, name), { force: true });
  return left;
}

/** Removes the temporary file, and makes the error that says why saving failed. */
function unsaved(path: string, cause: unknown): UserError {
  removeTemporary(temporaryPath(targetOf(path)));
  const why = (cause as Error).message;
  return new UserError(message`${path}: the checkpoint can't be saved: ${why}; give another ${option('out')}`, {
    cause,
  });
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such checkpoint; make one with `rnn train`',
  EISDIR: 'is a directory; name a checkpoint in it',
};

/** Reads all bytes of a file or of a pipe. */
function readBytes(path: string): Buffer {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const stat = fstatSync(file);
    requireReadable(path, stat, file);
    return stat.isFile() ? readUpTo(file, stat.size) : readPipe(path, file);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new UserError(`${path}: ${UNREADABLE[code ?? ''] ?? `the checkpoint can't be read: ${message}`}`, { cause });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** UserError where a file should not be read into memory: it has no end, it is too large, or it is large and does not begin as JSON does. */
function requireReadable(path: string, stat: Stats, file: number): void {
  if (stat.isDirectory()) throw Object.assign(new Error('a directory'), { code: 'EISDIR' });
  if (!stat.isFile() && !stat.isFIFO()) throw new UserError(`${path}: is a device; name a checkpoint`);
  if (stat.size > LIMITS.fileBytes) throw tooLarge(path, stat.size);
  if (stat.size <= READ_PIECE) return;
  const first = Buffer.alloc(1);
  readSync(file, first, 0, 1, 0);
  if (first.toString() !== '{') throw new UserError(`${path}: not a checkpoint of this program: it isn't JSON`);
}

function readPipe(path: string, file: number): Buffer {
  const pieces: Buffer[] = [];
  for (let length = 0; ; ) {
    const piece = Buffer.allocUnsafe(1 << 16);
    const count = readSync(file, piece, 0, piece.length, null);
    if (count === 0) return Buffer.concat(pieces);
    length += count;
    if (length > LIMITS.fileBytes) throw tooLarge(path, length);
    pieces.push(piece.subarray(0, count));
  }
}

function tooLarge(path: string, size: number): UserError {
  return new UserError(`${path}: a checkpoint of ${size} bytes is larger than can be read (${LIMITS.fileBytes} bytes)`);
}
