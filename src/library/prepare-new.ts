import type * as z from 'zod';
import { counted } from '../counts.ts';
import { message, option, UserError } from '../errors.ts';
import { parseOptions } from '../schema.ts';
import type { Corpus } from '../text/corpus.ts';
import { escapeText } from '../text/escapes.ts';
import { readCorpus } from '../text/read-corpus.ts';
import { FILE } from '../text/records.ts';
import { sourceNames } from '../text/source-name.ts';
import { type Recipe, resolveRecipe } from '../training/complete-recipe.ts';
import { claim, outOf } from './claim.ts';
import { requireEffect } from './effect.ts';
import { requireFitting } from './given-options.ts';
import { type Material, newPairOptions } from './material.ts';
import type { PreparedRun, Tell } from './prepared-run.ts';
import { readPairMaterial } from './read-material.ts';
import { type DecidedOptions, recipeOptionsOf } from './recipe-options.ts';
import { type RunOptions, runSchema } from './run-options.ts';
import { decideTask } from './task.ts';

/** Prepares a run whose parameters are drawn. */
export async function prepareNew(sources: readonly string[], asked: RunOptions, tell: Tell): Promise<PreparedRun> {
  const { say } = tell;
  const given = parseOptions(runSchema, asked); // a value that can't be is an error before a file is read
  const { options, notes } = await decideTask(sources, asked);
  if (options.model?.pairs?.task === undefined) requireFitting(options, undefined);
  const recipe = resolveRecipe(recipeOptionsOf(withDirection(options)));
  requireFitting(options, recipe.model.pairs?.task);
  requireEffect(options, recipe);
  const out = outOf(given, sources);
  for (const note of notes) say(note);
  const material = await readNew(sources, given, recipe, tell);
  const fitting = material.kind === 'text' ? resolveRecipe(recipeOptionsOf(options, material.corpus)) : recipe;
  return { material, trainOptions: { recipe: fitting, place: given.place }, ...claim(out, given, sources, say) };
}

/** A source that is reversed is read in one direction, whether or not the options say so. */
function withDirection(options: DecidedOptions): DecidedOptions {
  const { model } = options;
  if (!model?.pairs?.reverseSource || model.pairs.bidirectional !== undefined) return options;
  return { ...options, model: { ...model, pairs: { ...model.pairs, bidirectional: false } } };
}

/** Reads what a new model is to learn from. */
async function readNew(
  sources: readonly string[],
  { text, pairs }: Pick<z.output<typeof runSchema>, 'text' | 'pairs'>,
  recipe: Recipe,
  { say, onProblem }: Tell,
): Promise<Material> {
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

/** UserError for a text of blank lines and spaces only: it is hardly what was meant. */
function requireVisibleText({ vocabulary }: Corpus, sources: readonly string[]): void {
  for (let id = 0; id < vocabulary.size; id++) {
    if (id !== vocabulary.unknown && vocabulary.decode([id]).trim() !== '') return;
  }
  throw new UserError(
    message`${sourceNames(sources)}: nothing but blanks; give a text, or ${option('mode')} stream if it is meant`,
  );
}
