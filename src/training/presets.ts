import { modelSchema } from '../nn/config.ts';
import { mergeRecipes } from './complete-recipe.ts';
import { trainingFlops } from './flops.ts';
import { isLimited, type RecipeOptions } from './recipe.ts';

export const PRESETS = ['quick', 'balanced', 'best'] as const;
export type PresetName = (typeof PRESETS)[number];

/** A GRU of two layers that an ensemble may be made of, with what suits its width. */
interface Member {
  readonly hidden: number;
  readonly rate: number;
  readonly dropout: number;
  /** How often it reads the text. */
  readonly epochs: number;
}

/** Three of them learn more than two networks of 192 units in the same time. */
const NARROW: Member = { hidden: 160, rate: 0.007, dropout: 0, epochs: 6 };
/** It learns more from a text, and has to read it more often. */
const WIDE: Member = { hidden: 256, rate: 0.003, dropout: 0.03, epochs: 10 };

/**
 * Recipes for three purposes. Fields that a preset leaves out have their defaults. README.md in this folder has the loss that each
 * preset reaches, and how much each of its parts gains.
 */
export const PRESET_RECIPES: Readonly<Record<PresetName, RecipeOptions>> = {
  /** A first look, in a minute or two: the defaults. */
  quick: {},
  /** The smallest loss that about three minutes give on two cores. */
  balanced: ensembleOf(NARROW, 3),
  /** The smallest loss, in about twenty minutes a megabyte on two cores. If a time is given, `presetRecipe` chooses the networks. */
  best: { ...ensembleOf(WIDE, 5), limits: { epochs: WIDE.epochs } },
};

function ensembleOf({ hidden, rate, dropout }: Member, members: number): RecipeOptions {
  return { model: { cell: 'gru', members, hidden }, rate, dropout: { layers: dropout } };
}

/** What the choice of networks depends on, besides the time. */
export interface TextSize {
  readonly characters: number;
  /** V, the size of the vocabulary. */
  readonly symbols: number;
}

/** Wide members are chosen where the time allows at least so many: fewer are no better than more of the narrow ones. */
const LEAST_WIDE = 3;
/** Each member gains less than the one before it. */
const MOST_MEMBERS = 16;

/**
 * Floating-point operations in a second, by which a time is turned into networks. Two cores with AVX2 and FMA reach about 145e9 in such a
 * run. This is a little more, so that the run does not end before its time. It is a constant, and not measured, so that the same options
 * choose the same networks on every machine.
 */
const SPEED = 160e9;

/** A text of a few words is read more often than `epochs` says, or else its run would be over after a few steps. */
const LEAST_CHARACTERS = 20_000;

/**
 * The recipe of a preset, for what is given beside it and a text of a size. Limits that are given take the place of the preset's.
 *
 * With a time, `best` is an ensemble of wide networks, or of narrow ones where the time allows fewer than `LEAST_WIDE` wide ones. It has as many
 * members as the time allows, from 1 to `MOST_MEMBERS`. A member takes epochs · characters · (operations a symbol) / `SPEED` seconds. The run
 * ends after its epochs or with the time, whichever comes first, unless a number of steps or epochs is given.
 *
 * @param text undefined where the text does not choose the networks: those of a trained model, or of a model of pairs
 */
export function presetRecipe(name: PresetName, given: RecipeOptions, text?: TextSize): RecipeOptions {
  const { seconds, ...counted } = given.limits ?? {};
  const grown = name === 'best' && seconds !== undefined && text ? bestWithin(seconds, text, given) : undefined;
  const { limits, ...recipe } = grown ?? PRESET_RECIPES[name];
  const isReplaced = isLimited(grown ? counted : { seconds, ...counted });
  if (limits?.epochs === undefined || isReplaced) return recipe;
  return { ...recipe, limits: { epochs: epochsOf(limits.epochs, text) } };
}

function bestWithin(seconds: number, text: TextSize, given: RecipeOptions): RecipeOptions {
  const countOf = (member: Member): number => Math.round(seconds / secondsOf(member, text, given));
  const member = countOf(WIDE) >= LEAST_WIDE ? WIDE : NARROW;
  const members = Math.max(1, Math.min(MOST_MEMBERS, countOf(member)));
  return { ...ensembleOf(member, members), limits: { epochs: member.epochs } };
}

/** What a member takes. Its model has what is given, and else what suits the width. */
function secondsOf({ hidden, epochs }: Member, text: TextSize, given: RecipeOptions): number {
  const { model } = mergeRecipes({ model: { cell: 'gru', hidden } }, { model: { ...given.model, members: 1 } });
  const flops = trainingFlops({ ...modelSchema.parse(model), symbols: text.symbols });
  return (epochsOf(epochs, text) * text.characters * flops) / SPEED;
}

function epochsOf(epochs: number, text: TextSize | undefined): number {
  return Math.max(epochs, Math.ceil(LEAST_CHARACTERS / (text?.characters ?? LEAST_CHARACTERS)));
}
