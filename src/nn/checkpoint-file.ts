import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { type Checkpoint, parseCheckpoint, serializeCheckpoint } from './checkpoint.ts';

/** Longest text that JavaScript can hold in a string, less a margin. */
const LARGEST_FILE = 512 * 1024 * 1024 - 1024;

/** Reads and checks a checkpoint. UserError, in a line, where there is none or it is damaged. */
export function loadCheckpoint(path: string): Checkpoint {
  return parseCheckpoint(readText(path), path);
}

/**
 * Writes a checkpoint as JSON, through a temporary file in the same folder that is synced and then renamed, so that at every
 * instant the path holds a whole checkpoint, the old one or the new. Tensors are little-endian float32 in base64: exact.
 */
export function saveCheckpoint(path: string, checkpoint: Checkpoint): void {
  const folder = dirname(path);
  const temporary = temporaryPath(path);
  try {
    mkdirSync(folder, { recursive: true });
    const file = openSync(temporary, 'w');
    try {
      for (const piece of serializeCheckpoint(checkpoint)) writeFileSync(file, piece);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (cause) {
    throw unsaved(path, cause);
  }
}

/** Finds out, before a long training and not after it, whether a checkpoint can be saved at `path`. Makes its folder. */
export function requireWritable(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new Error('it is a directory');
    closeSync(openSync(temporaryPath(path), 'w'));
    rmSync(temporaryPath(path));
  } catch (cause) {
    throw unsaved(path, cause);
  }
}

function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
}

/** Clears away what was begun, and says why it failed. */
function unsaved(path: string, cause: unknown): UserError {
  try {
    rmSync(temporaryPath(path), { force: true });
  } catch {
    // There is no such folder, so there is nothing to clear away.
  }
  return new UserError(`${path}: the checkpoint can't be saved: ${(cause as Error).message}; give another --out`, {
    cause,
  });
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such checkpoint; make one with `rnn train`',
  EISDIR: 'is a directory; name a checkpoint in it',
};

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > LARGEST_FILE) {
      throw new UserError(`${path}: a checkpoint of ${size} bytes is larger than can be read (${LARGEST_FILE} bytes)`);
    }
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new UserError(`${path}: ${UNREADABLE[code ?? ''] ?? `the checkpoint can't be read: ${message}`}`, { cause });
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
