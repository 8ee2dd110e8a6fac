import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

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

/**
 * Replaces the file at `path`, or makes it: the pieces are written under the temporary name, synced, and renamed. So the path holds the old file or the
 * new one, never a part of it. Nobody may read the new file who may not read the old one. Throws where it can't be written; then no temporary file
 * is left. A symbolic link is replaced, too: `targetOf` tells where it leads.
 *
 * @param clear is called when the new file is on the disk, before it takes the place of the old one
 */
export function replaceFile(path: string, pieces: Iterable<string | Uint8Array>, clear?: () => void): void {
  const temporary = temporaryPath(path);
  try {
    writeSynced(temporary, pieces, modeOf(path));
    clear?.();
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (error) {
    removeTemporary(temporary);
    throw error;
  }
}

/** Who may read and write the file at a path; undefined where there is none. */
export function modeOf(path: string): number | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && stat.mode & 0o777;
}

/** Removes a temporary file, if it can be removed. */
export function removeTemporary(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {
    // There is no such folder, so there is nothing to remove.
  }
}

/** Where a path leads to through symbolic links, whether there is a file or not. */
export function targetOf(path: string): string {
  let target = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    if (!isLink(target)) return target;
    target = resolve(dirname(target), readlinkSync(target));
  }
  return target;
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false; // there is nothing, or nothing can be there
  }
}

/** As many symbolic links in a row as Linux follows. */
const MOST_LINKS = 40;

/** Makes the new name outlast a loss of power. Some file systems can't sync a folder, and don't need to. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } catch (error) {
    if (!FOLDERS_UNSYNCED.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    closeSync(handle);
  }
}

const FOLDERS_UNSYNCED: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EPERM', 'EISDIR']);
