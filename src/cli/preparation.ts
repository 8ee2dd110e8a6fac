import { existsSync } from 'node:fs';
import { UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { requireWritable } from '../nn/checkpoint-file.ts';
import { type Corpus, readCorpus } from '../text/corpus.ts';
import type { Recipe } from '../training/options.ts';
import { type RunRecord, readRun, recipeOf } from '../training/run.ts';
import type { TrainOptions } from '../training/trainer.ts';
import { freshPath, lastPath, loadModel } from './checkpoints.ts';
import { placeFrom, recipeFrom } from './recipe.ts';
import type { TrainCommandOptions } from './train.ts';

/** All that a run needs, read and checked before a step is done. */
export interface Prepared {
  readonly corpus: Corpus;
  readonly trainOptions: TrainOptions;
  readonly path: string;
}

/** From a recipe of the options, or from the run that --resume names. UserError for what can't be read or mustn't be written. */
export async function prepare(
  sources: readonly string[],
  options: TrainCommandOptions,
  say: (text: string) => void,
): Promise<Prepared> {
  const place = placeFrom(options);
  if (options.resume === undefined) {
    const recipe = recipeFrom(options);
    const path = options.out ?? freshPath(sources);
    if (!options.overwrite) requireFree(path);
    const { unit, mode, minCount } = options;
    const corpus = await readCorpus(sources, { unit, mode, minCount });
    if (options.mode === 'auto') say(`read as ${corpus.mode}: ${corpus.modeReason} (--mode overrides)`);
    if (options.mode === 'auto') requireInk(corpus, sources);
    requireWritable(path);
    return { corpus, trainOptions: { recipe, place }, path };
  }
  const { checkpoint, vocabulary } = loadModel(options.resume);
  const run = readRun(checkpoint, options.resume);
  const recipe = resumedRecipe(options.resume, checkpoint, run, options);
  const own = options.resume.replace(/\.last\.json$/, '.json');
  const path = options.out ?? own;
  if (path !== own && !options.overwrite) requireFree(path);
  const corpus = await readCorpus(sources, { vocabulary });
  if (corpus.hash !== run.corpus.hash) {
    throw new UserError(
      `${options.resume}: it was trained on another text than this one; give the same text to resume`,
    );
  }
  requireWritable(path);
  return { corpus, trainOptions: { recipe, place, resume: { checkpoint, run } }, path };
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
  const recipe = recipeOf(run);
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
