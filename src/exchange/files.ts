import {
  closeSync,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { readUpTo, temporaryPath, writeSynced } from '../nn/whole-file.ts';

/** The files of an export, by their names; each in pieces. */
export type Files = ReadonlyMap<string, readonly (Uint8Array | string)[]>;

/** The largest file that is read: more than any model that this program can run. */
const LARGEST_FILE = 4_000_000_000;

/** The bytes of a file. UserError where there is none, or it is larger than any model. */
export function readBounded(path: string): Buffer {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new UserError(`${path}: is no file; name a file of a model`);
    if (stat.size > LARGEST_FILE)
      throw new UserError(`${path}: has ${stat.size} bytes, more than any model of this program`);
    return readUpTo(file, stat.size);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new UserError(`${path}: no such file; give the path of a file`, { cause });
    }
    throw new UserError(`${path}: can't be read: ${(cause as Error).message}`, { cause });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The bytes of each file of a folder. UserError where one is missing or can't be read. */
export function readFolder<T extends string>(
  path: string,
  names: Readonly<Record<T, string>>,
): Readonly<Record<T, Buffer>> {
  const files = Object.entries<string>(names);
  const missing = files.find(([, name]) => !existsSync(join(path, name)));
  if (missing) {
    const all = files.map(([, name]) => name).join(' and ');
    throw new UserError(`${path}: is a folder without ${missing[1]}; of folders, those with ${all} can be read`);
  }
  return Object.fromEntries(files.map(([key, name]) => [key, readBounded(join(path, name))])) as Record<T, Buffer>;
}

/**
 * Refuses a path that is taken already, before any work is done. A broken link counts as taken: writing through it would make a file elsewhere.
 */
export function requireFree(path: string): void {
  if (statOf(path)) throw new UserError(`${path}: exists already; give another name`);
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Writes one file through a temporary one in the same folder, which is synced and renamed. An existing file is never replaced. */
export function writeFile(path: string, pieces: readonly (Uint8Array | string)[]): void {
  requireFree(path);
  const temporary = temporaryPath(path);
  attempt(path, temporary, () => {
    mkdirSync(dirname(path), { recursive: true });
    writeSynced(temporary, pieces);
    requireFree(path);
    renameSync(temporary, path);
  });
}

/** Writes a folder of files, complete or not at all: through a temporary folder beside it, which is renamed. An existing one is never replaced. */
export function writeFolder(path: string, files: Files): void {
  requireFree(path);
  const temporary = temporaryPath(path);
  attempt(path, temporary, () => {
    mkdirSync(temporary, { recursive: true });
    for (const [name, pieces] of files) writeSynced(join(temporary, name), pieces);
    requireFree(path);
    renameSync(temporary, path);
  });
}

function attempt(path: string, temporary: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    if (existsSync(temporary)) rmSync(temporary, { recursive: true, force: true });
    if (cause instanceof UserError) throw cause;
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): UserError {
  return new UserError(`${path}: can't be written: ${(cause as Error).message}; give another name`, { cause });
}
