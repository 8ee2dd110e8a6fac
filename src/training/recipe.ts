import * as z from 'zod';
import { type Message, message, option } from '../errors.ts';
import { INITIALIZERS, modelSchema } from '../nn/config.ts';
import { dropoutSchema } from '../nn/dropout.ts';
import { rule } from '../schema.ts';
import { HELD_OUT } from '../text/parts.ts';

export const OPTIMIZERS = ['sgd', 'rmsprop', 'adagrad', 'adam'] as const;
export const SCHEDULES = ['constant', 'linear', 'cosine', 'step', 'plateau'] as const;
export const ON_DIVERGENCE = ['stop', 'rollback'] as const;
export const FINISHES = ['best', 'all', 'known'] as const;
const SELECTIONS = ['loss', 'accuracy'] as const;

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

/** Whether any limit is given. */
export function isLimited(limits: Partial<Limits>): boolean {
  return Object.values(limits).some((limit) => limit !== undefined);
}

/** Whether a run has a last phase (finish.ts). */
export function hasLastPhase<Ends extends { readonly finish?: Finish | undefined }>(
  recipe: Ends,
): recipe is Ends & { finish: LastPhase } {
  return recipe.finish !== undefined && recipe.finish !== 'best';
}

/** What is wrong where an option is about the part held out to validate, and there is none. */
export function needsHeldOut(what: Message): Message {
  return message`${what} needs a part that is held out; give ${option('validation')}`;
}

/** When a run ends: with the first of these that is reached. */
const limitsSchema = z.strictObject({
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
        'all: in a last phase, the best model learns the validation part, too; known: in a longer one, until it knows the lines of a list, to complete them; best: no such phase (default: all for a list in a run without limits, else best)',
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
      return needsHeldOut(message`${option('select')} accuracy`);
    }),
  )
  .superRefine(
    rule(({ model, validation, test }) => {
      if (model.pairs) return undefined;
      const key = HELD_OUT.find((_, at) => typeof [validation, test][at] === 'string');
      if (key === undefined) return undefined;
      return message`${option(key)}: a file can be held out of pairs only; give a fraction or a number, or a task with ${option('task')}`;
    }),
  )
  .superRefine(
    rule((recipe) => {
      if (!hasLastPhase(recipe) || typeof recipe.validation !== 'string') return undefined;
      return message`${option('finish')} ${recipe.finish} learns a part of the same file, and ${option('validation')} is a file of its own; leave one out`;
    }),
  );

/** A recipe as a caller gives it: each field that is left out has its default. */
export type RecipeOptions = z.input<typeof recipeSchema>;

export type OptimizerConfig = Readonly<z.output<typeof optimizerSchema>>;
export type ScheduleConfig = Readonly<z.output<typeof scheduleSchema>>;
export type Limits = Readonly<z.output<typeof limitsSchema>>;
export type Finish = (typeof FINISHES)[number];
export type LastPhase = Exclude<Finish, 'best'>;
