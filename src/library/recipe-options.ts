import type { Corpus } from '../text/corpus.ts';
import { mergeRecipes } from '../training/complete-recipe.ts';
import { presetRecipe } from '../training/presets.ts';
import { type RecipeOptions, recipeSchema } from '../training/recipe.ts';
import type { RunOptions } from './run-options.ts';
import type { Decided } from './task.ts';

/** Options of a run whose task is known. */
export type DecidedOptions = Decided<RunOptions>;

/**
 * The recipe that options ask for: what a preset doesn't name keeps its default, and what is given goes before both. Of pairs, a preset
 * decides the model alone, because its other fields are for texts.
 *
 * @param text what is learned, where its size decides on the networks of a preset
 */
export function recipeOptionsOf({ preset = 'quick', ...options }: DecidedOptions, text?: Corpus): RecipeOptions {
  const given: RecipeOptions = Object.fromEntries(
    Object.entries(options).filter(([key]) => Object.hasOwn(recipeSchema.shape, key)),
  );
  const size = text && { characters: text.characters, symbols: text.vocabulary.size };
  const recipe = presetRecipe(preset, given, size);
  return mergeRecipes(given.model?.pairs ? { model: recipe.model } : recipe, given);
}
