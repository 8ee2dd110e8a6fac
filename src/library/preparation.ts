import { existsSync } from 'node:fs';
import { type Message, message, option, UsageError, UserError } from '../errors.ts';
import type { Checkpoint, Json } from '../nn/checkpoint.ts';
import { removeLeftovers, requireWritable } from '../nn/checkpoint-file.ts';
import { parseOptions } from '../schema.ts';
import { type Corpus, readCorpus } from '../text/corpus.ts';
import { PRESET_RECIPES } from '../training/presets.ts';
import { type Recipe, type RecipeOptions, resolveRecipe } from '../training/recipe.ts';
import { type RunRecord, readRun } from '../training/record.ts';
import type { TrainOptions } from '../training/trainer.ts';
import { freshPaths, lastPath, newestState } from './checkpoints.ts';
import { load } from './load.ts';
import { Lock } from './lock.ts';
import { type RunOptions, runSchema } from './run-options.ts';
import { counted } from './words.ts';

/** All that a run needs, read and checked before the first step. */
export interface PreparedRun {
  readonly corpus: Corpus;
  readonly trainOptions: TrainOptions;
  /** Where the best model is to be saved; the newest state is saved beside it. */
  readonly path: string;
  /** The right to write both files. To be released when the run is over. */
  readonly lock: Lock;
}

/** Is told what the preparation decides. */
type Say = (note: Message) => void;

/**
 * Prepares a run: a new one, one that begins with a trained model (`fineTune`), or one that goes on (`resume`). Reads the text, decides
 * where the checkpoints are saved, and locks that place. UserError for what can't be read or mustn't be written, UsageError for
 * options that don't go together.
 */
export async function prepareRun(
  sources: readonly string[],
  options: RunOptions = {},
  say: Say = () => {},
): Promise<PreparedRun> {
  if (options.resume !== undefined) return await prepareResumed(sources, options, say);
  return await (options.fineTune === undefined
    ? prepareNew(sources, options, say)
    : prepareTuned(sources, options, say));
}

/** The recipe that options ask for: what a preset doesn't name keeps its default, and what is given goes before both. */
export function recipeOptionsOf(options: RunOptions): RecipeOptions {
  const { preset = 'quick', text: _t, place: _p, out: _o, overwrite: _w, resume: _r, fineTune: _f, ...given } = options;
  return merged(PRESET_RECIPES[preset], given);
}

function merged(under: RecipeOptions, over: RecipeOptions): RecipeOptions {
  const given = Object.entries(over).filter(([, value]) => value !== undefined);
  const fields = given.map(([key, value]) => {
    const below = under[key as keyof RecipeOptions];
    return [key, typeof value === 'object' && typeof below === 'object' ? { ...below, ...value } : value];
  });
  return { ...under, ...Object.fromEntries(fields) };
}

async function prepareNew(sources: readonly string[], options: RunOptions, say: Say): Promise<PreparedRun> {
  const recipe = resolveRecipe(recipeOptionsOf(options));
  const { text, place, out, overwrite } = parseOptions(runSchema, options);
  if (out !== undefined && !overwrite) requireFree(out);
  const corpus = await readCorpus(sources, text);
  if (text.mode === 'auto') {
    say(message`read as ${corpus.mode}: ${corpus.modeReason} (${option('mode')} overrides)`);
    requireVisibleText(corpus, sources);
  }
  const claim = out === undefined ? claimFresh(sources) : claimPath(out, overwrite, say);
  return { corpus, trainOptions: { recipe, place }, ...claim };
}

/** Options that a trained model has decided already. */
const OF_MODEL = /^(?:model\.|initializer$|text\.mode$|text\.unit$)/;

async function prepareTuned(sources: readonly string[], options: RunOptions, say: Say): Promise<PreparedRun> {
  const other = keysOf(options).find((key) => OF_MODEL.test(key));
  if (other !== undefined) {
    throw new UsageError(
      message`${option(other)} can't be given with ${option('fineTune')}: the model has it; leave it out, or train anew`,
    );
  }
  const { text, place, out, overwrite, fineTune = '' } = parseOptions(runSchema, options);
  const { checkpoint, vocabulary } = load(fineTune);
  const { symbols: _, ...model } = checkpoint.model;
  if (out !== undefined && !overwrite) requireFree(out);
  const { minCount, maxBytes } = text;
  const corpus = await readCorpus(sources, { vocabulary, extend: true, minCount, maxBytes });
  const added = corpus.vocabulary.size - vocabulary.size;
  say(
    message`beginning with ${fineTune}; read as ${corpus.mode}, as its text was; ${added ? counted(added, 'new symbol') : 'no new symbols'}`,
  );
  const recipe = resolveRecipe({ ...recipeOptionsOf(options), model });
  const origin = { ...checkpoint, ids: vocabulary.idsIn(corpus.vocabulary) };
  const claim = out === undefined ? claimFresh(sources) : claimPath(out, overwrite, say);
  return { corpus, trainOptions: { recipe, place, origin }, ...claim };
}

/** Options that may be given anew when a run is resumed: where it is saved, where it is computed, and when it ends. */
const WITH_RESUME = /^(?:resume|out|overwrite|text\.maxBytes|place\..*|limits\..*)$/;

async function prepareResumed(sources: readonly string[], options: RunOptions, say: Say): Promise<PreparedRun> {
  const other = keysOf(options).find((key) => !WITH_RESUME.test(key));
  if (other !== undefined) {
    throw new UsageError(
      message`${option(other)} can't be given with ${option('resume')}: the run goes on as it was begun; leave it out, or train anew`,
    );
  }
  const { text, place, out, overwrite, limits, resume: named } = parseOptions(runSchema, options);
  const name = stateToResume(named, out, say);
  const { checkpoint, vocabulary } = load(name);
  const run = readRun(checkpoint, name);
  const recipe = resumedRecipe(name, checkpoint, run, limits);
  const own = name.replace(/\.last\.json$/, '.json');
  const path = out ?? own;
  const replaces = path === own || overwrite;
  if (!replaces) requireFree(path);
  const corpus = await readCorpus(sources, { vocabulary, maxBytes: text.maxBytes });
  if (corpus.hash !== run.corpus.hash) {
    throw new UserError(
      message`${name}: ${otherText(run, corpus)}; give the same text, or take it as a new one with ${option('fineTune')}`,
    );
  }
  const claim = claimPath(path, replaces, say);
  const resume = limits.seconds === undefined ? checkpoint : withTimeAnew(checkpoint);
  return { corpus, trainOptions: { recipe, place, resume }, ...claim };
}

/** The keys that are given, those within an object as `model.hidden`. */
function keysOf(options: object, above = ''): string[] {
  return Object.entries(options).flatMap(([key, value]: [string, unknown]) => {
    if (value === undefined) return [];
    return typeof value === 'object' && value !== null ? keysOf(value, `${above}${key}.`) : [above + key];
  });
}

/** A limit of time that is given now counts from now. */
function withTimeAnew(checkpoint: Checkpoint): Checkpoint {
  const { data, tensors } = checkpoint.resume!;
  return { ...checkpoint, resume: { data: { ...(data as object), seconds: undefined } as unknown as Json, tensors } };
}

/** The state to resume from: the file that is named, or else the state beside `out`, or the newest. */
function stateToResume(named: true | string | undefined, out: string | undefined, say: Say): string {
  if (typeof named === 'string') return named;
  const name = out === undefined ? newestState() : lastPath(out);
  say(message`resuming ${name}`);
  return name;
}

/** The first free name that no other run has just begun with. */
function claimFresh(sources: readonly string[]): { path: string; lock: Lock } {
  for (const path of freshPaths(sources)) {
    requireWritable(path);
    const lock = Lock.tryAcquire(path);
    if (lock) return { path, lock };
  }
  throw new RangeError('there is always another name');
}

/** The right to save at `path`, with the leftovers of crashed runs cleared away. */
function claimPath(path: string, replaces: boolean, say: Say): { path: string; lock: Lock } {
  requireWritable(path);
  const lock = Lock.acquire(path);
  if (!replaces) requireFree(path); // another run may have ended there by now
  const leftovers = [path, lastPath(path)].flatMap(removeLeftovers);
  if (leftovers.length > 0) say(message`removed what a crashed run had left: ${leftovers.join(', ')}`);
  return { path, lock };
}

/** How this text differs from the one that a run was trained on. */
function otherText(run: RunRecord, corpus: Corpus): string {
  const [had, has] = [run.corpus, corpus].map(({ characters, hash }) => ({
    characters: counted(characters, 'character'),
    hash: hash.slice(0, 12),
  })) as [{ characters: string; hash: string }, { characters: string; hash: string }];
  const same = had.characters === has.characters;
  return same
    ? `it was trained on another text than this one of as many characters (SHA-256 ${had.hash}…, not ${has.hash}…)`
    : `it was trained on another text than this one (${had.characters}, not ${has.characters})`;
}

/** UserError where a model or a state would be replaced: nothing that was saved is lost. */
function requireFree(path: string): void {
  const taken = [path, lastPath(path)].find((file) => existsSync(file));
  if (taken === undefined) return;
  throw new UserError(
    message`${taken} is there already; give another ${option('out')}, or ${option('overwrite')} to replace it`,
  );
}

/** UserError for a text of blank lines and spaces only: it is hardly what was meant. */
function requireVisibleText({ vocabulary }: Corpus, sources: readonly string[]): void {
  for (let id = 0; id < vocabulary.size; id++) {
    if (id !== vocabulary.unknown && vocabulary.decode([id]).trim() !== '') return;
  }
  const names = sources.map((path) => (path === '-' ? 'standard input' : path)).join(', ');
  throw new UserError(message`${names}: nothing but blanks; give a text, or ${option('mode')} stream if it is meant`);
}

/** The recipe of the run's record, with the limits given now, if any. */
function resumedRecipe(name: string, { model, resume }: Checkpoint, run: RunRecord, limits: Recipe['limits']): Recipe {
  if (!resume) throw new UserError(`${name}: has no state to resume from; give the .last.json beside it`);
  const { recipe } = run;
  const parts = Object.keys(recipe.model) as (keyof typeof recipe.model)[];
  const unlike = parts.find((part) => recipe.model[part] !== model[part]);
  if (unlike) {
    throw new UserError(
      `${name}: the checkpoint is damaged: its model has ${unlike} ${model[unlike]}, its run ${recipe.model[unlike]}; use another, or train again`,
    );
  }
  return Object.values(limits).some((limit) => limit !== undefined) ? { ...recipe, limits } : recipe;
}
