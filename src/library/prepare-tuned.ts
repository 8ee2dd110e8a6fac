import type * as z from 'zod';
import { counted } from '../counts.ts';
import { message } from '../errors.ts';
import { parseOptions } from '../schema.ts';
import { readCorpus } from '../text/read-corpus.ts';
import { type Recipe, resolveRecipe } from '../training/complete-recipe.ts';
import type { Origin } from '../training/trainer.ts';
import { claim, outOf } from './claim.ts';
import { requireEffect } from './effect.ts';
import { requireFitting, requireOpen } from './given-options.ts';
import { type Material, pairOptionsOf } from './material.ts';
import type { PreparedRun, Tell } from './prepared-run.ts';
import { readPairMaterial } from './read-material.ts';
import { recipeOptionsOf } from './recipe-options.ts';
import { type RunOptions, runSchema } from './run-options.ts';
import { readSaved, type SavedModel } from './saved-model.ts';

/** Prepares a run that begins with the parameters of a trained model. */
export async function prepareTuned(sources: readonly string[], options: RunOptions, tell: Tell): Promise<PreparedRun> {
  const { say } = tell;
  requireOpen(options);
  const given = { ...options, validation: undefined, test: undefined }; // they may be files, if the model is of pairs
  const { fineTune = '', text, pairs, ...asked } = parseOptions(runSchema, given);
  const out = outOf(asked, sources);
  const loaded = readSaved(fineTune);
  requireFitting(options, loaded.checkpoint.model.pairs?.task);
  const { symbols: _, sourceSymbols: __, ...model } = loaded.checkpoint.model;
  const { model: _m, ...rest } = options;
  const recipe = resolveRecipe({ ...recipeOptionsOf(rest), model });
  requireEffect(options, recipe);
  const { material, origin } = await readToTune(sources, { text, pairs }, recipe, loaded, tell);
  return { material, trainOptions: { recipe, place: asked.place, origin }, ...claim(out, asked, sources, say) };
}

/** Reads what a trained model is to learn from. Symbols that it does not have are added. */
async function readToTune(
  sources: readonly string[],
  { text, pairs }: Pick<z.output<typeof runSchema>, 'text' | 'pairs'>,
  recipe: Recipe,
  loaded: SavedModel,
  { say, onProblem }: Tell,
): Promise<{ material: Material; origin: Origin }> {
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
