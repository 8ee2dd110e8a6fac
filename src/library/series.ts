import { readdirSync, unlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readHead } from './checkpoint-head.ts';
import { keptPath, keptStep } from './names.ts';

/** The states of a run that stay beside its model: NAME.step-00001200.json and the like, the oldest first. */
export function keptPaths(path: string): string[] {
  return kept(path).map(({ path }) => path);
}

/** Removes the oldest states of a series, so that there are at most `most` with one of `step` updates that is added now. */
export function makeRoom(path: string, step: number, most: number): void {
  const before = kept(path).filter((state) => state.step < step);
  for (const state of before.slice(0, Math.max(0, before.length - most + 1))) remove(state.path);
}

/** Removes the states with more updates than `step`. A run that went back leaves them: they would count as newer than what it does now. */
export function removeLater(path: string, step: number): void {
  for (const state of kept(path)) if (state.step > step) remove(state.path);
}

/** Removes the series of another run. What only has such a name, and is no state, stays. */
export function removeSeries(path: string): void {
  for (const state of keptPaths(path)) if (readHead(state)?.isState) remove(state);
}

/** Whether the name of a file is one of the series beside `path`. */
export function isKeptName(path: string, name: string): boolean {
  const step = keptStep(name);
  return step !== undefined && basename(keptPath(path, step)) === name;
}

function kept(path: string): { readonly step: number; readonly path: string }[] {
  const folder = dirname(path);
  return namesIn(folder)
    .filter((name) => isKeptName(path, name))
    .map((name) => ({ step: keptStep(name)!, path: join(folder, name) }))
    .sort((a, b) => a.step - b.step);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // there is no such folder yet
  }
}

/** Removes a file, if it is there. (`rmSync` tells another error than the system's where the folder can't be written to.) */
function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
