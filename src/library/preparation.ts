import { lstatSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Message, message, option, UsageError, UserError } from '../errors.ts';
import type { Checkpoint, Json } from '../nn/checkpoint.ts';
import { removeLeftovers, requireWritable, targetOf } from '../nn/checkpoint-file.ts';
import { parseOptions } from '../schema.ts';
import type { Corpus } from '../text/corpus.ts';
import { escapeText } from '../text/escapes.ts';
import { fingerprint, readCorpus } from '../text/read-corpus.ts';
import { FILE } from '../text/records.ts';
import { mergeRecipes, type Recipe, resolveRecipe } from '../training/complete-recipe.ts';
import { PRESET_RECIPES } from '../training/presets.ts';
import type { RecipeOptions } from '../training/recipe.ts';
import { type RunRecord, readRun } from '../training/record.ts';
import type { Origin, TrainOptions } from '../training/trainer.ts';
import { isOfRun, newestState } from './checkpoints.ts';
import { keysOf, requireFitting } from './given-options.ts';
import type { Interval } from './interval.ts';
import { Lock } from './lock.ts';
import { type Material, newPairOptions, pairOptionsOf } from './material.ts';
import { bestPath, freshPaths, lastPath, modelPath, ownPath } from './names.ts';
import { readAgain, readPairMaterial } from './read-material.ts';
import { type RunOptions, runSchema } from './run-options.ts';
import { readSaved, type SavedModel } from './saved-model.ts';
import type { Place } from './saver.ts';
import { type Decided, decideTask } from './task.ts';
import { counted } from './words.ts';

/** All that a run needs, read and checked before the first step. */
export interface PreparedRun extends Place {
  /** How often samples of the model are drawn while it trains. */
  readonly sampleEvery?: Interval | undefined;
  readonly material: Material;
  readonly trainOptions: TrainOptions;
}

/** Is told what the preparation decides. */
type Say = (note: Message) => void;

/** Who is told of what. */
interface Tell {
  readonly say: Say;
  readonly onProblem: ((problem: UserError) => void) | undefined;
}

/**
 * Prepares a run: a new one, one that begins with a trained model (`fineTune`), or one that goes on (`resume`). Reads the text, decides
 * where the checkpoints are saved, and locks that place. UserError for what can't be read or mustn't be written, UsageError for
 * options that don't go together.
 *
 * @param onProblem is told of each line of pairs that can't be read, which is then left out; if it is not given, the first such line is an error
 */
export async function prepareRun(
  sources: readonly string[],
  options: RunOptions = {},
  say: Say = () => {},
  onProblem?: (problem: UserError) => void,
): Promise<PreparedRun> {
  const tell: Tell = { say, onProblem };
  const { resume, fineTune, sampleEvery } = options;
  const prepare = resume !== undefined ? prepareResumed : fineTune === undefined ? prepareNew : prepareTuned;
  return { ...(await prepare(sources, options, tell)), sampleEvery };
}

/** Options of a run whose task is known. */
export type DecidedOptions = Decided<RunOptions>;

/**
 * The recipe that options ask for: what a preset doesn't name keeps its default, and what is given goes before both. A limit that is
 * given takes the place of all limits of the preset. Of pairs, a preset decides the model alone, because its other fields are for texts.
 */
export function recipeOptionsOf(options: DecidedOptions): RecipeOptions {
  const {
    preset = 'quick',
    text: _t,
    pairs: _s,
    place: _p,
    out: _o,
    overwrite: _w,
    resume: _r,
    fineTune: _f,
    sampleEvery: _e,
    ...given
  } = options;
  const { limits, ...recipe } = PRESET_RECIPES[preset];
  if (given.model?.pairs) return mergeRecipes({ model: recipe.model }, given);
  const isLimited = Object.values(given.limits ?? {}).some((limit) => limit !== undefined);
  return mergeRecipes(limits === undefined || isLimited ? recipe : { ...recipe, limits }, given);
}

async function prepareNew(sources: readonly string[], asked: RunOptions, tell: Tell): Promise<PreparedRun> {
  const { say } = tell;
  parseOptions(runSchema, asked); // a value that can't be is an error before a file is read
  const { options, notes } = await decideTask(sources, asked);
  if (options.model?.pairs?.task === undefined) requireFitting(options, undefined);
  const recipe = resolveRecipe(recipeOptionsOf(withDirection(options)));
  requireFitting(options, recipe.model.pairs?.task);
  const { place, overwrite, ...given } = parseOptions(runSchema, withDirection(options));
  const out = outOf(given.out, sources, overwrite);
  for (const note of notes) say(note);
  const material = await readNew(sources, options, recipe, tell);
  const claim = out === undefined ? claimFresh(sources, say) : claimPath(out, requireFreeUnless(overwrite), say);
  return { material, trainOptions: { recipe, place }, ...claim };
}

/** A source that is reversed is read in one direction, whether or not the options say so. */
function withDirection<Options extends RunOptions | DecidedOptions>(options: Options): Options {
  const { model } = options;
  if (!model?.pairs?.reverseSource || model.pairs.bidirectional !== undefined) return options;
  return { ...options, model: { ...model, pairs: { ...model.pairs, bidirectional: false } } };
}

/** Reads what a new model is to learn from. */
async function readNew(
  sources: readonly string[],
  options: DecidedOptions,
  recipe: Recipe,
  { say, onProblem }: Tell,
): Promise<Material> {
  const { text, pairs } = parseOptions(runSchema, withDirection(options));
  if (recipe.model.pairs) {
    return await readPairMaterial(
      sources,
      newPairOptions(recipe.model.pairs.task, pairs, { ...text, onProblem }),
      recipe,
    );
  }
  const corpus = await readCorpus(sources, text);
  for (const remark of corpus.remarks) say(message`${remark}`);
  const { layout, separator } = corpus.vocabulary;
  if (layout === 'records') {
    const examples = counted(corpus.lineStarts!.length - 1, 'example');
    say(message`read as ${examples}, ${separator === FILE ? 'a file each' : `separated by ${escapeText(separator)}`}`);
  } else if (text.mode === 'auto') {
    say(message`read as ${corpus.mode}: ${corpus.modeReason} (${option('mode')} overrides)`);
    requireVisibleText(corpus, sources);
  }
  return { kind: 'text', corpus };
}

/** Options that a trained model has decided already. */
const OF_MODEL =
  /^(?:model\.|initializer$|text\.mode$|text\.unit$|text\.separator$|pairs\.sourceUnit$|pairs\.targetUnit$)/;

async function prepareTuned(sources: readonly string[], options: RunOptions, tell: Tell): Promise<PreparedRun> {
  const { say } = tell;
  const other = keysOf(options).find((key) => OF_MODEL.test(key));
  if (other !== undefined) {
    throw new UsageError(
      message`${option(other)} can't be given with ${option('fineTune')}: the model has it; leave it out, or train anew`,
    );
  }
  const given = { ...options, validation: undefined, test: undefined }; // they may be files, if the model is of pairs
  const { place, overwrite, fineTune = '', ...asked } = parseOptions(runSchema, given);
  const out = outOf(asked.out, sources, overwrite);
  const loaded = readSaved(fineTune);
  requireFitting(options, loaded.checkpoint.model.pairs?.task);
  const { symbols: _, sourceSymbols: __, ...model } = loaded.checkpoint.model;
  const { model: _m, ...rest } = options;
  const recipe = resolveRecipe({ ...recipeOptionsOf(rest), model });
  const { material, origin } = await readToTune(sources, given, recipe, loaded, tell);
  const claim = out === undefined ? claimFresh(sources, say) : claimPath(out, requireFreeUnless(overwrite), say);
  return { material, trainOptions: { recipe, place, origin }, ...claim };
}

/** Reads what a trained model is to learn from. Symbols that it does not have are added. */
async function readToTune(
  sources: readonly string[],
  options: RunOptions,
  recipe: Recipe,
  loaded: SavedModel,
  { say, onProblem }: Tell,
): Promise<{ material: Material; origin: Origin }> {
  const { text, pairs } = parseOptions(runSchema, options);
  const { minCount, maxBytes } = text;
  const { checkpoint, name } = loaded;
  if (loaded.kind === 'pairs') {
    const { columns, maxLength } = pairs;
    const reading = { ...pairOptionsOf(loaded), columns, maxLength, minCount, maxBytes, extend: true, onProblem };
    const material = await readPairMaterial(sources, reading, recipe);
    const { source, target } = loaded.vocabularies;
    const [read, predicted] = [material.corpus.source.vocabulary, material.corpus.target.vocabulary];
    const added = [newSymbols(read.size - source.size, 'source'), newSymbols(predicted.size - target.size, 'target')];
    say(message`beginning with ${name}; ${added.filter(Boolean).join(', ') || 'no new symbols'}`);
    return { material, origin: { ...checkpoint, ids: target.idsIn(predicted), sourceIds: source.idsIn(read) } };
  }
  const { vocabulary } = loaded;
  const corpus = await readCorpus(sources, { vocabulary, extend: true, minCount, maxBytes });
  for (const remark of corpus.remarks) say(message`${remark}`);
  const added = corpus.vocabulary.size - vocabulary.size;
  say(
    message`beginning with ${name}; read as ${corpus.mode}, as its text was; ${added ? counted(added, 'new symbol') : 'no new symbols'}`,
  );
  return { material: { kind: 'text', corpus }, origin: { ...checkpoint, ids: vocabulary.idsIn(corpus.vocabulary) } };
}

function newSymbols(count: number, side: 'source' | 'target'): string {
  return count === 0 ? '' : counted(count, `new ${side} symbol`);
}

/** Options that may be given anew when a run is resumed: where it is saved, where it is computed, when it ends, and what it shows. */
const WITH_RESUME = /^(?:resume|out|overwrite|text\.maxBytes|place\..*|limits\..*|sampleEvery\..*)$/;

async function prepareResumed(
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
  const { text, place, out, overwrite, limits, resume: named } = parseOptions(runSchema, options);
  const asked = out === undefined ? undefined : modelPath(out);
  const name = await stateToResume(named, asked, sources, say);
  const loaded = readSaved(name);
  const { checkpoint } = loaded;
  requireFitting({ sampleEvery: options.sampleEvery }, checkpoint.model.pairs?.task);
  const run = readRun(checkpoint, name);
  const recipe = resumedRecipe(name, checkpoint, run, limits);
  const own = bestPath(name);
  const path = asked ?? own;
  if (path === undefined) {
    throw new UsageError(
      message`${name}: its name isn't NAME.last.json, so it is a copy; say with ${option('out')} where the run is saved`,
    );
  }
  requireNoSource(path, sources);
  const isOwn = own !== undefined && resolve(path) === resolve(own);
  const requireRight = isOwn && !overwrite ? () => requireModelOf(run, path, name) : requireFreeUnless(overwrite);
  requireRight(path);
  const material = await readAgain(sources, loaded, run, { maxBytes: text.maxBytes, onProblem });
  const claim = claimPath(path, requireRight, say);
  const resume = limits.seconds === undefined ? checkpoint : withTimeAnew(checkpoint);
  if (isOwn) return { material, trainOptions: { recipe, place, resume }, ...claim, replacesOther: false };
  const best = own !== undefined && isOfRun(own, run, false) ? readSaved(own).checkpoint : undefined;
  return { material, trainOptions: { recipe, place, resume }, ...claim, best };
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

/** Where `out` is saved. UserError for a place that is taken, unless it may be replaced, and for a text that is read. */
function outOf(out: string | undefined, sources: readonly string[], overwrite: boolean): string | undefined {
  if (out === undefined) return undefined;
  const path = modelPath(out);
  requireNoSource(path, sources);
  requireFreeUnless(overwrite)(path);
  return path;
}

/** UserError where a text that the run reads would be replaced. */
function requireNoSource(path: string, sources: readonly string[]): void {
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
function claimPath(path: string, requireRight: (path: string) => void, say: Say): Place {
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
function requireFreeUnless(overwrite: boolean): (path: string) => void {
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
function requireModelOf(run: RunRecord, path: string, state: string): void {
  if (!isThere(path) || isOfRun(path, run, false)) return;
  throw new UserError(
    message`${path} is no model of the run of ${state}; give another ${option('out')}, or ${option('overwrite')} to replace it`,
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
  return Object.values(limits).some((limit) => limit !== undefined) ? { ...recipe, limits } : recipe;
}
