import * as z from 'zod';
import { message, option } from '../errors.ts';
import { INITIALIZERS, modelSchema } from '../nn/config.ts';
import { dropoutSchema } from '../nn/dropout.ts';
import { parseOptions, requireAll, rule } from '../schema.ts';

export const OPTIMIZERS = ['sgd', 'rmsprop', 'adagrad', 'adam'] as const;
export const SCHEDULES = ['constant', 'linear', 'cosine', 'step', 'plateau'] as const;
export const ON_DIVERGENCE = ['stop', 'rollback'] as const;
export const FINISHES = ['best', 'all'] as const;
export const SELECTIONS = ['loss', 'accuracy'] as const;

/** A bound on the gradient. Infinity clips nothing; JSON, which has no infinity, writes it as null. */
const bound = z.preprocess(
  (value) => (value === null ? Number.POSITIVE_INFINITY : value),
  z.union([z.number().positive(), z.literal(Number.POSITIVE_INFINITY)]),
);

/** A part of a corpus: a fraction below 1, or a whole number of lines, symbols or pairs. A file of pairs is a part of its own. */
const part = z.union([z.number().min(0).lt(1), z.int().min(1), z.string().min(1)]);

/** An update rule and its constants. A rule reads the constants of its formula, which stands in kernel/contract.ts. The defaults are PyTorch's. */
export const optimizerSchema = z.strictObject({
  name: z.enum(OPTIMIZERS).default('adam').describe('update rule'),
  momentum: z.number().min(0).max(1).default(0.9).describe('μ of sgd’s velocity'),
  smoothing: z.number().min(0).lt(1).default(0.99).describe('ρ of rmsprop’s mean of squares'),
  beta1: z.number().min(0).lt(1).default(0.9).describe('β₁ of adam'),
  beta2: z.number().min(0).lt(1).default(0.999).describe('β₂ of adam'),
  epsilon: z.number().positive().default(1e-8).describe('ε, added to the root of the mean of squares'),
  weightDecay: z
    .number()
    .min(0)
    .default(0)
    .describe('added to the gradient (L2); of adam decoupled from it (AdamW; of pairs: 0.3)'),
});

/** How the learning rate changes over a run. A schedule reads the constants of its formula, which stands in schedule.ts. */
export const scheduleSchema = z.strictObject({
  name: z.enum(SCHEDULES).default('cosine').describe('how the learning rate changes over the run'),
  warmup: z.int().min(0).default(100).describe('steps in which the learning rate grows from 0'),
  final: z
    .number()
    .min(0)
    .lt(1)
    .default(0.02)
    .describe('linear, cosine: the share of the learning rate that is left at the end'),
  factor: z
    .number()
    .min(0)
    .lt(1)
    .default(0.5)
    .describe('step, plateau: the learning rate is multiplied by it at a drop'),
  drops: z.int().min(0).default(5).describe('step: drops, evenly spaced over the run'),
  patience: z.int().min(1).default(3).describe('plateau: validations without a new best before a drop'),
});

/** When a run ends: with the first of these that is reached. */
export const limitsSchema = z.strictObject({
  epochs: z.number().positive().optional().describe('stop after reading the text so many times'),
  steps: z.int().min(0).optional().describe('stop after so many updates; 0 saves the model as it is before training'),
  seconds: z.number().positive().optional().describe('stop after so long'),
});

/**
 * Everything that decides the parameters that a run ends with, for a given corpus. This is the one declaration of these fields: the
 * checkpoint's record, the library and the command line read it.
 *
 * Fields that are optional here depend on others where they are left out; `resolveRecipe` says how.
 */
export const recipeSchema = z
  .strictObject({
    model: modelSchema.prefault({}),
    initializer: z
      .enum(INITIALIZERS)
      .default('uniform')
      .describe('identity: recurrent matrices start as the identity, which suits relu (Le, Jaitly & Hinton 2015)'),
    batch: z
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe('B: texts read side by side (default: 24, of pairs 32; fewer where there is little text)'),
    bptt: z.int().min(1).max(100_000).default(64).describe('k2: steps that the gradient goes back'),
    stride: z.int().min(1).max(100_000).optional().describe('k1: steps between updates, at most k2 (default: k2)'),
    optimizer: optimizerSchema.prefault({}),
    rate: z
      .number()
      .positive()
      .optional()
      .describe(
        'η: the learning rate at its highest (default: adam 0.006, rmsprop 0.002, adagrad 0.02, sgd 0.5; of pairs 0.002, 0.0004, 0.004, 0.1)',
      ),
    schedule: scheduleSchema.prefault({}),
    dropout: dropoutSchema.prefault({}),
    averaging: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe('decay of a moving average of the parameters, which is then validated and saved; 0 keeps none'),
    patience: z.int().min(1).optional().describe('stop after so many validations without a new best'),
    select: z
      .enum(SELECTIONS)
      .optional()
      .describe(
        'which model is the best: the one with the smallest loss or with the greatest accuracy on the part held out to validate (default: loss)',
      ),
    onDivergence: z
      .enum(ON_DIVERGENCE)
      .default('stop')
      .describe(
        'what to do where the loss is no number or far above the best: stop, or go back to the best with half the rate',
      ),
    clipNorm: bound
      .optional()
      .describe('scale the gradient down to this norm (default: 1, unless its elements are clipped)'),
    clipValue: bound.default(Number.POSITIVE_INFINITY).describe('clip each element of the gradient to ± this'),
    limits: limitsSchema.prefault({}),
    validation: part
      .default(0.05)
      .describe('part held out to validate: a fraction, a number of lines or symbols, or a file of pairs'),
    test: part
      .default(0)
      .describe('part held out to test at the end: a fraction, a number of lines or symbols, or a file of pairs'),
    validateEvery: z
      .int()
      .min(1)
      .optional()
      .describe('steps between validations (default: about 40 validations in a run)'),
    finish: z
      .enum(FINISHES)
      .optional()
      .describe(
        'all: let the best model learn the validation part, too, at the end (default: all for a list in a run without limits, else best)',
      ),
    seed: z.string().default('1').describe('the same seed and options give the same model, to the bit'),
  })
  .superRefine(
    rule(({ bptt, stride = bptt }) => {
      if (stride <= bptt) return undefined;
      return message`${option('stride')} ${stride} is more than ${option('bptt')} ${bptt}: steps would be left out; make it ${bptt} or less`;
    }),
  )
  .superRefine(
    rule(({ select, validation }) => {
      if (select !== 'accuracy' || validation !== 0) return undefined;
      return message`${option('select')} accuracy needs a part that is held out; give ${option('validation')}`;
    }),
  )
  .superRefine(
    rule(({ model, validation, test }) => {
      if (model.pairs) return undefined;
      const key = (['validation', 'test'] as const).find((_, at) => typeof [validation, test][at] === 'string');
      if (key === undefined) return undefined;
      return message`${option(key)}: a file can be held out of pairs only; give a fraction or a number, or a task with ${option('task')}`;
    }),
  )
  .superRefine(
    rule(({ finish, validation }) => {
      if (finish !== 'all' || typeof validation !== 'string') return undefined;
      return message`${option('finish')} all learns a part of the same file, and ${option('validation')} is a file of its own; leave one out`;
    }),
  );

/** A recipe as a caller gives it: each field that is left out has its default. */
export type RecipeOptions = z.input<typeof recipeSchema>;

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

export type OptimizerConfig = Readonly<z.output<typeof optimizerSchema>>;
export type ScheduleConfig = Readonly<z.output<typeof scheduleSchema>>;
export type Limits = Readonly<z.output<typeof limitsSchema>>;
export type Finish = (typeof FINISHES)[number];

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
export const PAIR_RECIPE = {
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
