import { existsSync } from 'node:fs';
import { UserError } from '../errors.ts';
import type { Checkpoint, Json } from '../nn/checkpoint.ts';
import { removeLeftovers, requireWritable } from '../nn/checkpoint-file.ts';
import { type Corpus, readCorpus } from '../text/corpus.ts';
import type { Recipe } from '../training/recipe.ts';
import { type RunRecord, readRun } from '../training/record.ts';
import type { TrainOptions } from '../training/trainer.ts';
import { freshPaths, lastPath, loadModel, newestState } from './checkpoints.ts';
import { Lock } from './lock.ts';
import { counted } from './output.ts';
import { placeFrom, recipeFrom } from './recipe.ts';
import type { TrainCommandOptions } from './train.ts';

/** All that a run needs, read and checked before a step is done. */
export interface Prepared {
  readonly corpus: Corpus;
  readonly trainOptions: TrainOptions;
  readonly path: string;
  /** Of `path`, and of the state beside it. */
  readonly lock: Lock;
}

/** From a recipe of the options, or from the run that --resume names. UserError for what can't be read or mustn't be written. */
export async function prepare(
  sources: readonly string[],
  options: TrainCommandOptions,
  say: (text: string) => void,
): Promise<Prepared> {
  if (options.resume !== undefined) return prepareResumed(sources, options, say);
  return options.fineTune === undefined ? prepareAnew(sources, options, say) : prepareTuned(sources, options, say);
}

async function prepareAnew(
  sources: readonly string[],
  options: TrainCommandOptions,
  say: (text: string) => void,
): Promise<Prepared> {
  const recipe = recipeFrom(options);
  const { out, unit, mode, minCount, maxBytes } = options;
  if (out !== undefined && !options.overwrite) requireFree(out);
  const corpus = await readCorpus(sources, { unit, mode, minCount, maxBytes });
  if (mode === 'auto') say(`read as ${corpus.mode}: ${corpus.modeReason} (--mode overrides)`);
  if (mode === 'auto') requireInk(corpus, sources);
  const claim = out === undefined ? claimFresh(sources) : claimPath(out, options.overwrite === true, say);
  return { corpus, trainOptions: { recipe, place: placeFrom(options) }, ...claim };
}

/** A new run on a new text, which begins with the model of another. */
async function prepareTuned(
  sources: readonly string[],
  options: TrainCommandOptions,
  say: (text: string) => void,
): Promise<Prepared> {
  const { fineTune, out, minCount, maxBytes } = options;
  const { checkpoint, vocabulary } = loadModel(fineTune!);
  const { symbols: _, ...model } = checkpoint.model;
  if (out !== undefined && !options.overwrite) requireFree(out);
  const corpus = await readCorpus(sources, { vocabulary, extend: true, minCount, maxBytes });
  const added = corpus.vocabulary.size - vocabulary.size;
  say(
    `beginning with ${fineTune}; read as ${corpus.mode}, as its text was; ${added ? counted(added, 'new symbol') : 'no new symbols'}`,
  );
  const recipe = { ...recipeFrom({ ...options, ...model }), model };
  const origin = { ...checkpoint, ids: vocabulary.idsIn(corpus.vocabulary) };
  const claim = out === undefined ? claimFresh(sources) : claimPath(out, options.overwrite === true, say);
  return { corpus, trainOptions: { recipe, place: placeFrom(options), origin }, ...claim };
}

async function prepareResumed(
  sources: readonly string[],
  options: TrainCommandOptions,
  say: (text: string) => void,
): Promise<Prepared> {
  const name = stateToResume(options, say);
  const { checkpoint, vocabulary } = loadModel(name);
  const run = readRun(checkpoint, name);
  const recipe = resumedRecipe(name, checkpoint, run, options);
  const own = name.replace(/\.last\.json$/, '.json');
  const path = options.out ?? own;
  const replaces = path === own || options.overwrite === true;
  if (!replaces) requireFree(path);
  const corpus = await readCorpus(sources, { vocabulary, maxBytes: options.maxBytes });
  if (corpus.hash !== run.corpus.hash) {
    throw new UserError(
      `${name}: ${otherText(run, corpus)}; give the same text, or take it as a new one with --fine-tune`,
    );
  }
  const claim = claimPath(path, replaces, say);
  const resume = options.time === undefined ? checkpoint : withTimeAnew(checkpoint);
  return { corpus, trainOptions: { recipe, place: placeFrom(options), resume }, ...claim };
}

/** A --time that is given now counts from now. */
function withTimeAnew(checkpoint: Checkpoint): Checkpoint {
  const { data, tensors } = checkpoint.resume!;
  return { ...checkpoint, resume: { data: { ...(data as object), seconds: undefined } as unknown as Json, tensors } };
}

/** What --resume names: a file, or, without one, the state beside --out, or the newest. */
function stateToResume({ resume, out }: TrainCommandOptions, say: (text: string) => void): string {
  if (typeof resume === 'string') return resume;
  const name = out === undefined ? newestState() : lastPath(out);
  say(`resuming ${name}`);
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
function claimPath(path: string, replaces: boolean, say: (text: string) => void): { path: string; lock: Lock } {
  requireWritable(path);
  const lock = Lock.acquire(path);
  if (!replaces) requireFree(path); // another run may have ended there by now
  const leftovers = [path, lastPath(path)].flatMap(removeLeftovers);
  if (leftovers.length > 0) say(`removed what a crashed run had left: ${leftovers.join(', ')}`);
  return { path, lock };
}

/** What is unlike in the text that a run had and this one. */
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

/** Nothing that was saved is lost: neither the model nor the state beside it. */
function requireFree(path: string): void {
  const taken = [path, lastPath(path)].find((file) => existsSync(file));
  if (taken === undefined) return;
  throw new UserError(`${taken} is there already; give another --out, or --overwrite to replace it`);
}

/** Blank lines and spaces alone are hardly what was meant. */
function requireInk({ vocabulary }: Corpus, sources: readonly string[]): void {
  for (let id = 0; id < vocabulary.size; id++) {
    if (id !== vocabulary.unknown && vocabulary.decode([id]).trim() !== '') return;
  }
  const names = sources.map((path) => (path === '-' ? 'standard input' : path)).join(', ');
  throw new UserError(`${names}: nothing but blanks; give a text, or --mode stream if it is meant`);
}

/** The recipe of the run's record, with the limits given now, if any. */
function resumedRecipe(
  name: string,
  { model, resume }: Checkpoint,
  run: RunRecord,
  options: TrainCommandOptions,
): Recipe {
  if (!resume) throw new UserError(`${name}: has no state to resume from; give the .last.json beside it`);
  const { recipe } = run;
  const parts = Object.keys(recipe.model) as (keyof typeof recipe.model)[];
  const unlike = parts.find((part) => recipe.model[part] !== model[part]);
  if (unlike) {
    throw new UserError(
      `${name}: the checkpoint is damaged: its model has ${unlike} ${model[unlike]}, its run ${recipe.model[unlike]}; use another, or train again`,
    );
  }
  const { limits } = recipeFrom(options);
  return Object.values(limits).some((limit) => limit !== undefined) ? { ...recipe, limits } : recipe;
}
