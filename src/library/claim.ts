import { lstatSync } from 'node:fs';
import { message, option, UsageError, UserError } from '../errors.ts';
import { removeLeftovers, requireWritable } from '../nn/checkpoint-file.ts';
import { targetOf } from '../nn/whole-file.ts';
import type { RunRecord } from '../training/record.ts';
import { isOfRun } from './checkpoints.ts';
import { Lock } from './lock.ts';
import { keptPath, lastPath, modelPath, ownPath } from './names.ts';
import type { Say } from './prepared-run.ts';
import type { SavePlace } from './saver.ts';
import { isKeptName, keptPaths } from './series.ts';
import { statOf } from './stat-of.ts';

/** What a run is told about where it is saved. */
export interface Saving {
  readonly out?: string | undefined;
  readonly overwrite: boolean;
  /** How many of the states that are saved stay. */
  readonly keep?: number | undefined;
}

/** The most steps that a name has room for. */
const MOST_STEPS = Number.MAX_SAFE_INTEGER;

/**
 * Where a new run is saved that is told so; undefined where it isn't. UserError for a place that is taken, unless it may be replaced, and for
 * a text that is read. UsageError for what would be replaced where no place is named: the run then has a free one.
 */
export function outOf({ out, overwrite }: Saving, sources: readonly string[]): string | undefined {
  if (out === undefined) {
    if (!overwrite) return undefined;
    throw new UsageError(
      message`${option('overwrite')} is for ${option('out')}; name the file to replace, or leave it out`,
    );
  }
  const path = modelPath(out);
  requireNoSource(path, sources);
  requireFreeUnless(overwrite)(path);
  return path;
}

/** The right to save a new run at `out`, or at a free name where it isn't given. */
export function claim(out: string | undefined, saving: Saving, sources: readonly string[], say: Say): SavePlace {
  if (out === undefined) return claimFresh(saving, sources, say);
  return claimPath(out, saving, requireFreeUnless(saving.overwrite), say);
}

/** UserError where a text that the run reads would be replaced. */
export function requireNoSource(path: string, sources: readonly string[]): void {
  const files = filesOf(path)
    .map(identityOf)
    .filter((file) => file !== undefined);
  const source = sources.find((name) => name !== '-' && files.includes(identityOf(name) ?? ''));
  if (source === undefined) return;
  throw new UserError(message`${source} is the text of this run, and is not replaced; give another ${option('out')}`);
}

/** What is the same for all names of a file: its device and its number there. */
function identityOf(path: string): string | undefined {
  const stat = statOf(path);
  return stat?.isFile() ? `${stat.dev}/${stat.ino}` : undefined;
}

/** The first free name that no other run has just begun with. Where the name of the text itself is taken, this is said. */
function claimFresh(saving: Saving, sources: readonly string[], say: Say): SavePlace {
  const place = claimFreshPath(saving, sources);
  const own = ownPath(sources);
  if (place.path !== own) {
    say(
      message`${takenOf(own) ?? own} is there already, so this run is saved in ${place.path}; ${option('resume')} goes on with the newest run on this text instead, and ${option('out')} ${own} ${option('overwrite')} replaces what is there`,
    );
  }
  return place;
}

function claimFreshPath(saving: Saving, sources: readonly string[]): SavePlace {
  for (let number = 1; ; number++) {
    const path = ownPath(sources, number);
    if (takenOf(path) !== undefined) continue;
    requireAllWritable(path, saving);
    const lock = Lock.tryAcquire(path);
    if (!lock) continue;
    // Another run may have ended there since the name was found free.
    if (takenOf(path) === undefined) return { path, lock, keep: saving.keep, replacesOther: false };
    lock.release();
  }
}

/** The right to save at `path`, with the leftovers of crashed runs cleared away. */
export function claimPath(path: string, saving: Saving, requireRight: (path: string) => void, say: Say): SavePlace {
  requireAllWritable(path, saving);
  const lock = Lock.acquire(targetOf(path));
  try {
    requireRight(path); // another run may have ended there by now
    const leftovers = [
      ...[path, lastPath(path)].flatMap((file) => removeLeftovers(file)),
      ...removeLeftovers(keptPath(path, 0), (name) => isKeptName(path, name)),
      ...lock.removeLeftovers(),
    ];
    if (leftovers.length > 0) say(message`removed what a crashed run had left: ${leftovers.join(', ')}`);
  } catch (error) {
    lock.release();
    throw error;
  }
  return { path, lock, keep: saving.keep, replacesOther: true };
}

/** UserError where one of the files of a run can't be written. */
function requireAllWritable(path: string, { keep }: Saving): void {
  requireWritable(path);
  requireWritable(lastPath(path));
  if (keep !== undefined) requireWritable(keptPath(path, MOST_STEPS));
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

/** What is at a path, or beside it where a state would be. A broken link counts: writing would make a file elsewhere. */
function takenOf(path: string): string | undefined {
  return filesOf(path).find(isThere);
}

/** The files of a run at `path`: the model, the newest state, and the states that stay, if there are any. */
function filesOf(path: string): string[] {
  return [path, lastPath(path), ...keptPaths(path)];
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path) !== undefined;
  } catch {
    return false; // nor can it be, where the name is too long, say: `requireWritable` finds out
  }
}

/** UserError where another run's model is at the path, or one of its states stays there: a run may replace only what it has written. */
export function requireOwn(run: RunRecord, path: string, state: string): void {
  const model = isThere(path) && !isOfRun(path, run, false) ? path : undefined;
  const other = model ?? keptPaths(path).find((kept) => !isOfRun(kept, run, true));
  if (other === undefined) return;
  throw new UserError(
    message`${other} is no ${model === undefined ? 'state' : 'model'} of the run of ${state}; give another ${option('out')}, or ${option('overwrite')} to replace it`,
  );
}
