import { mergeRecipes } from '../training/complete-recipe.ts';
import { PRESET_RECIPES } from '../training/presets.ts';
import { type RecipeOptions, recipeSchema } from '../training/recipe.ts';
import type { RunOptions } from './run-options.ts';
import type { Decided } from './task.ts';

/** Options of a run whose task is known. */
export type DecidedOptions = Decided<RunOptions>;

/**
 * The recipe that options ask for: what a preset doesn't name keeps its default, and what is given goes before both. A limit that is
 * given takes the place of all limits of the preset. Of pairs, a preset decides the model alone, because its other fields are for texts.
 */
export function recipeOptionsOf({ preset = 'quick', ...options }: DecidedOptions): RecipeOptions {
  const { limits, ...recipe } = PRESET_RECIPES[preset];
  const given: RecipeOptions = Object.fromEntries(
    Object.entries(options).filter(([key]) => Object.hasOwn(recipeSchema.shape, key)),
  );
  if (given.model?.pairs) return mergeRecipes({ model: recipe.model }, given);
  const isLimited = Object.values(given.limits ?? {}).some((limit) => limit !== undefined);
  return mergeRecipes(limits === undefined || isLimited ? recipe : { ...recipe, limits }, given);
}
