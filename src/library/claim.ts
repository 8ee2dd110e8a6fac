import { lstatSync, statSync } from 'node:fs';
import { message, option, UserError } from '../errors.ts';
import { removeLeftovers, requireWritable, targetOf } from '../nn/checkpoint-file.ts';
import type { RunRecord } from '../training/record.ts';
import { isOfRun } from './checkpoints.ts';
import { Lock } from './lock.ts';
import { freshPaths, lastPath, modelPath, ownPath } from './names.ts';
import type { Say } from './prepared-run.ts';
import type { Place } from './saver.ts';

/** What a run is told about where it is saved. */
export interface Saving {
  readonly out?: string | undefined;
  readonly overwrite: boolean;
}

/**
 * Where a new run is saved that is told so; undefined where it isn't. UserError for a place that is taken, unless it may be replaced, and for
 * a text that is read.
 */
export function outOf({ out, overwrite }: Saving, sources: readonly string[]): string | undefined {
  if (out === undefined) return undefined;
  const path = modelPath(out);
  requireNoSource(path, sources);
  requireFreeUnless(overwrite)(path);
  return path;
}

/** The right to save a new run at `out`, or at a free name where it isn't given. */
export function claim(out: string | undefined, { overwrite }: Saving, sources: readonly string[], say: Say): Place {
  return out === undefined ? claimFresh(sources, say) : claimPath(out, requireFreeUnless(overwrite), say);
}

/** UserError where a text that the run reads would be replaced. */
export function requireNoSource(path: string, sources: readonly string[]): void {
  const files = [path, lastPath(path)].map(identityOf).filter((file) => file !== undefined);
  const source = sources.find((name) => name !== '-' && files.includes(identityOf(name) ?? ''));
  if (source === undefined) return;
  throw new UserError(message`${source} is the text of this run, and is not replaced; give another ${option('out')}`);
}

/** What is the same for all names of a file: its device and its number there. */
function identityOf(path: string): string | undefined {
  const stat = isThere(path) ? statSync(path, { throwIfNoEntry: false }) : undefined;
  return stat?.isFile() ? `${stat.dev}/${stat.ino}` : undefined;
}

/** The first free name that no other run has just begun with. Where the name of the text itself is taken, this is said. */
function claimFresh(sources: readonly string[], say: Say): Place {
  const place = claimFreshPath(sources);
  const own = ownPath(sources);
  if (place.path !== own) {
    say(
      message`${takenOf(own) ?? own} is there already, so this run is saved in ${place.path}; ${option('resume')} goes on with the newest run on this text instead, and ${option('out')} ${own} ${option('overwrite')} replaces what is there`,
    );
  }
  return place;
}

function claimFreshPath(sources: readonly string[]): Place {
  for (const path of freshPaths(sources)) {
    requireWritable(path);
    requireWritable(lastPath(path));
    const lock = Lock.tryAcquire(path);
    if (!lock) continue;
    // Another run may have ended there since the name was found free.
    if (takenOf(path) === undefined) return { path, lock, replacesOther: false };
    lock.release();
  }
  throw new RangeError('there is always another name');
}

/** The right to save at `path`, with the leftovers of crashed runs cleared away. */
export function claimPath(path: string, requireRight: (path: string) => void, say: Say): Place {
  requireWritable(path);
  requireWritable(lastPath(path));
  const lock = Lock.acquire(targetOf(path));
  try {
    requireRight(path); // another run may have ended there by now
    const leftovers = [...[path, lastPath(path)].flatMap(removeLeftovers), ...lock.removeLeftovers()];
    if (leftovers.length > 0) say(message`removed what a crashed run had left: ${leftovers.join(', ')}`);
  } catch (error) {
    lock.release();
    throw error;
  }
  return { path, lock, replacesOther: true };
}

/** A check that a place is free: UserError where a model or a state would be replaced. None, where they may be. */
export function requireFreeUnless(overwrite: boolean): (path: string) => void {
  return (path) => {
    const taken = overwrite ? undefined : takenOf(path);
    if (taken === undefined) return;
    throw new UserError(
      message`${taken} is there already; give another ${option('out')}, or ${option('overwrite')} to replace it`,
    );
  };
}

/** What is at a path, or beside it where the state would be. A broken link counts: writing would make a file elsewhere. */
function takenOf(path: string): string | undefined {
  return [path, lastPath(path)].find(isThere);
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false; // nor can it be, where the name is too long, say: `requireWritable` finds out
  }
}

/** UserError where something else than this run's model is at the path: the run may replace only what it has written. */
export function requireModelOf(run: RunRecord, path: string, state: string): void {
  if (!isThere(path) || isOfRun(path, run, false)) return;
  throw new UserError(
    message`${path} is no model of the run of ${state}; give another ${option('out')}, or ${option('overwrite')} to replace it`,
  );
}
