import type * as z from 'zod';
import { dropoutSchema } from '../nn/dropout.ts';
import { parseOptions, requireAll } from '../schema.ts';
import {
  type OptimizerConfig,
  optimizerSchema,
  type RecipeOptions,
  recipeSchema,
  type ScheduleConfig,
  scheduleSchema,
} from './recipe.ts';

const { stride, rate, clipNorm } = recipeSchema.shape;

/**
 * A recipe in which every field is given, apart from those that the text decides (`batch`, `patience`, `validateEvery`, `finish` and the limits),
 * and from `select`, which earlier checkpoints don't have: the loss selects where it is left out. It is what a run follows, and what a
 * checkpoint's record holds.
 */
export const completeRecipeSchema = requireAll(recipeSchema, {
  stride: stride.unwrap(),
  rate: rate.unwrap(),
  clipNorm: clipNorm.unwrap(),
  dropout: requireAll(dropoutSchema, { output: dropoutSchema.shape.output.unwrap() }),
});
export type Recipe = Readonly<z.output<typeof completeRecipeSchema>>;

/** The parts of a text that a recipe holds out: they are never files. */
export function textParts({ validation, test, seed }: Recipe): { validation: number; test: number; seed: string } {
  return { validation: Number(validation), test: Number(test), seed };
}

export const OPTIMIZER_DEFAULTS: OptimizerConfig = optimizerSchema.parse({});
export const SCHEDULE_DEFAULTS: ScheduleConfig = scheduleSchema.parse({});

/** The learning rate of each update rule where none is given. */
const DEFAULT_RATES: Readonly<Record<OptimizerConfig['name'], number>> = {
  sgd: 0.5,
  rmsprop: 2e-3,
  adagrad: 2e-2,
  adam: 6e-3,
};

/** The same for a model of pairs, which learns best with smaller ones. */
const PAIR_RATES: typeof DEFAULT_RATES = { sgd: 0.1, rmsprop: 4e-4, adagrad: 4e-3, adam: 2e-3 };

/**
 * What a model of pairs has in place of the general defaults. Lists of pairs are short beside books, and a model soon knows them by heart, so
 * there is more dropout and one layer. README.md in this folder has what each of these gains.
 */
const PAIR_RECIPE = {
  model: { cell: 'gru', layers: 1, hidden: 128, embedding: 64 },
  dropout: { input: 0.2, layers: 0.3 },
} as const satisfies RecipeOptions;

/** The weight decay of Adam for a model of pairs. It shrinks the embeddings of rare words above all, which start large and are seldom updated. */
const PAIR_WEIGHT_DECAY = 0.3;

/** The norm to which the gradient is clipped where the recipe has no bound of either kind. */
const DEFAULT_CLIP_NORM = 1;

/**
 * Checks a recipe, and fills in what it leaves out. Some of the defaults depend on other fields: a model of pairs has
 * those of `PAIR_RECIPE`; `stride` is `bptt`; `rate` is the optimizer's own, smaller for a model of pairs; `dropout.output` is
 * `dropout.layers`; `clipNorm` is 1, or Infinity where `clipValue` is given. The keys are in the schema's order, so that equal recipes are
 * written as equal bytes.
 *
 * UsageError that names the key, what was expected and what was given.
 */
export function resolveRecipe(options: RecipeOptions = {}): Recipe {
  const asked = parseOptions(recipeSchema, options);
  const parsed = asked.model.pairs ? parseOptions(recipeSchema, mergeRecipes(pairRecipe(asked), options)) : asked;
  const { model, bptt, clipValue, dropout, optimizer } = parsed;
  const clipNorm = clipValue === Number.POSITIVE_INFINITY ? DEFAULT_CLIP_NORM : Number.POSITIVE_INFINITY;
  return completeRecipeSchema.parse({
    ...parsed,
    stride: parsed.stride ?? bptt,
    rate: parsed.rate ?? (model.pairs ? PAIR_RATES : DEFAULT_RATES)[optimizer.name],
    dropout: { ...dropout, output: dropout.output ?? dropout.layers },
    clipNorm: parsed.clipNorm ?? clipNorm,
  });
}

/** What a model of pairs has in place of the general defaults, for an update rule. The weight decay is that of Adam, which is no gradient. */
function pairRecipe({ optimizer: { name } }: Pick<Recipe, 'optimizer'>): RecipeOptions {
  return name === 'adam' ? { ...PAIR_RECIPE, optimizer: { weightDecay: PAIR_WEIGHT_DECAY } } : PAIR_RECIPE;
}

/** A recipe with the fields of another where it has none of its own. */
export function mergeRecipes(under: RecipeOptions, over: RecipeOptions): RecipeOptions {
  const given = Object.entries(over).filter(([, value]) => value !== undefined);
  const fields = given.map(([key, value]) => {
    const below = under[key as keyof RecipeOptions];
    const areObjects = typeof value === 'object' && value !== null && typeof below === 'object' && below !== null;
    return [key, areObjects ? mergeFields(below, value) : value];
  });
  return { ...under, ...Object.fromEntries(fields) };
}

function mergeFields(under: object, over: object): object {
  return { ...under, ...Object.fromEntries(Object.entries(over).filter(([, value]) => value !== undefined)) };
}
