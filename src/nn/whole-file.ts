import { closeSync, fsyncSync, openSync, readSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

// Files that are read and written as a whole. Each is written under a temporary name first, and then renamed.

/** Bytes read at once. */
export const READ_PIECE = 1 << 24;

/** The temporary name of this process for a file, in the same folder. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
}

/**
 * Writes a new file and syncs it to the disk.
 *
 * @param mode who may read and write it, as far as the process's mask allows
 */
export function writeSynced(path: string, pieces: Iterable<string | Uint8Array>, mode?: number): void {
  const file = openNew(path, mode);
  try {
    for (const piece of pieces) writeFileSync(file, piece);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Opens a new file. One that a crashed process of the same number left is not written to: it may be a second name of another file. */
function openNew(path: string, mode?: number): number {
  try {
    return openSync(path, 'wx', mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    unlinkSync(path);
    return openSync(path, 'wx', mode);
  }
}

/** Reads a file up to the size that it had when it was opened, because it may be growing; or up to its end, if that comes first. */
export function readUpTo(file: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  while (length < size) {
    const count = readSync(file, bytes, length, Math.min(READ_PIECE, size - length), null);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
