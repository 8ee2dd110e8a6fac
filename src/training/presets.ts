import type { RecipeOptions } from './recipe.ts';

export const PRESETS = ['quick', 'balanced', 'best'] as const;
export type PresetName = (typeof PRESETS)[number];

/**
 * Recipes for three purposes. Fields that a preset leaves out have their defaults. README.md in this folder has the loss that each
 * preset reaches, and how much each of its parts gains.
 */
export const PRESET_RECIPES: Readonly<Record<PresetName, RecipeOptions>> = {
  /** A first look, in a minute or two: the defaults. */
  quick: {},
  /** The smallest loss that a few minutes give: two of the default's networks. */
  balanced: { model: { cell: 'gru', members: 2, hidden: 192 }, batch: 24, rate: 0.006 },
  /** The smallest loss, in about twenty minutes a megabyte on two cores. */
  best: {
    model: { cell: 'gru', members: 5, hidden: 256 },
    batch: 24,
    rate: 0.0027,
    dropout: { layers: 0.1 },
    limits: { epochs: 10 },
  },
};
