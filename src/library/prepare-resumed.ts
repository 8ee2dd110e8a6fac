import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { message, option, UsageError, UserError } from '../errors.ts';
import type { Checkpoint, Json } from '../nn/checkpoint.ts';
import { parseOptions } from '../schema.ts';
import { fingerprint } from '../text/read-corpus.ts';
import type { Recipe } from '../training/complete-recipe.ts';
import { isLimited } from '../training/recipe.ts';
import { type RunRecord, readRun } from '../training/record.ts';
import { isOfRun, newestState } from './checkpoints.ts';
import { claimPath, requireFreeUnless, requireNoSource, requireOwn } from './claim.ts';
import { keysOf, requireFitting } from './given-options.ts';
import { bestPath, homeOf, lastPath, modelPath } from './names.ts';
import type { PreparedRun, Say, Tell } from './prepared-run.ts';
import { readAgain } from './read-material.ts';
import { type RunOptions, runSchema } from './run-options.ts';
import { readSaved } from './saved-model.ts';
import { isBestOf } from './whole-history.ts';

/** Options that may be given anew when a run is resumed: where it is saved, where it is computed, when it ends, and what it shows. */
const WITH_RESUME = /^(?:resume|out|overwrite|text\.maxBytes|place\..*|limits\..*|sampleEvery\..*|keep)$/;

/** Prepares a run that goes on. */
export async function prepareResumed(
  sources: readonly string[],
  options: RunOptions,
  { say, onProblem }: Tell,
): Promise<PreparedRun> {
  const other = keysOf(options).find((key) => !WITH_RESUME.test(key));
  if (other !== undefined) {
    throw new UsageError(
      message`${option(other)} can't be given with ${option('resume')}: the run goes on as it was begun; leave it out, or train anew`,
    );
  }
  const { text, place, limits, resume: named, ...saving } = parseOptions(runSchema, options);
  const { out, overwrite } = saving;
  const asked = out === undefined ? undefined : modelPath(out);
  const name = await stateToResume(named, asked, sources, say);
  const loaded = readSaved(name);
  const { checkpoint } = loaded;
  requireFitting({ sampleEvery: options.sampleEvery }, checkpoint.model.pairs?.task);
  const run = readRun(checkpoint, name);
  const recipe = resumedRecipe(name, checkpoint, run, limits);
  const path = asked ?? bestPath(name);
  if (path === undefined) {
    throw new UsageError(
      message`${name}: its name isn't NAME.last.json, so it is a copy; say with ${option('out')} where the run is saved`,
    );
  }
  requireNoSource(path, sources);
  const home = homeOf(name);
  const isNewest = bestPath(name) !== undefined;
  const isAtHome = home !== name && resolve(path) === resolve(home);
  const isRightful = isAtHome && isNewest && !overwrite;
  const requireRight = isRightful ? () => requireOwn(run, path, name) : requireFreeUnless(overwrite);
  requireRight(path);
  const material = await readAgain(sources, loaded, run, { maxBytes: text.maxBytes, onProblem });
  const best = isAtHome && isNewest ? undefined : bestOf(run, checkpoint, home, isNewest);
  const claim = claimPath(path, saving, requireRight, say);
  const resume = limits.seconds === undefined ? checkpoint : withTimeAnew(checkpoint);
  const replacesOther = claim.replacesOther && !isAtHome;
  return { material, trainOptions: { recipe, place, resume }, ...claim, best, replacesOther };
}

/**
 * The best model of a run at a state that is saved elsewhere from now on; undefined where it is not there any more. Beside the newest state
 * it is `home`. Since an older one, the run may have found a better model.
 */
function bestOf(run: RunRecord, state: Checkpoint, home: string, isNewest: boolean): Checkpoint | undefined {
  if (!isOfRun(home, run, false)) return undefined;
  const best = readSaved(home).checkpoint;
  return isNewest || isBestOf(best, state) ? best : undefined;
}

/** A limit of time that is given now counts from now. */
function withTimeAnew(checkpoint: Checkpoint): Checkpoint {
  const { data, tensors } = checkpoint.resume!;
  return { ...checkpoint, resume: { data: { ...(data as object), seconds: undefined } as unknown as Json, tensors } };
}

/** The state to resume from: the file that is named, or else the state beside `out`, or the newest one of the text. */
async function stateToResume(
  named: true | string | undefined,
  out: string | undefined,
  sources: readonly string[],
  say: Say,
): Promise<string> {
  if (typeof named === 'string') return named;
  const name = out === undefined ? newestState(await fingerprint(sources)) : lastPath(out);
  say(message`resuming ${name}`);
  return name;
}

function inWords(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The recipe of the run's record, with the limits given now, if any. */
function resumedRecipe(name: string, { model, resume }: Checkpoint, run: RunRecord, limits: Recipe['limits']): Recipe {
  if (!resume) throw new UserError(`${name}: has no state to resume from; give the .last.json beside it`);
  const { recipe } = run;
  const parts = Object.keys(recipe.model) as (keyof typeof recipe.model)[];
  const unlike = parts.find((part) => !isDeepStrictEqual(recipe.model[part], model[part]));
  if (unlike) {
    throw new UserError(
      `${name}: the checkpoint is damaged: its model has ${unlike} ${inWords(model[unlike])}, its run ${inWords(recipe.model[unlike])}; use another, or train again`,
    );
  }
  return isLimited(limits) ? { ...recipe, limits } : recipe;
}
