import { type Message, message, option, UsageError } from '../errors.ts';
import { CELL_KINDS, CELLS, type CellName } from '../nn/cells/index.ts';
import type { CellOptions } from '../nn/cells/options.ts';
import { type Recipe, resolveRecipe } from '../training/complete-recipe.ts';
import { needsHeldOut, type OPTIMIZERS, type SCHEDULES } from '../training/recipe.ts';
import { isOfReading, keysOf, requireFitting } from './given-options.ts';

// The options that some runs never read, and why. A run that is told such an option is refused, because its user expects something that will not
// happen. What a preset, a default or the recipe of a checkpoint brings is not told by the user, so it is not judged here.

/** Says why an option that is given can never act in a run with this recipe; undefined where it acts. */
type Judge = (recipe: Recipe) => Message | undefined;

/** The options that are read by some choices of another option only. */
const OF_OPTIMIZERS: Readonly<Record<string, readonly (typeof OPTIMIZERS)[number][]>> = {
  'optimizer.momentum': ['sgd'],
  'optimizer.smoothing': ['rmsprop'],
  'optimizer.beta1': ['adam'],
  'optimizer.beta2': ['adam'],
  'optimizer.epsilon': ['rmsprop', 'adagrad', 'adam'],
};
const OF_SCHEDULES: Readonly<Record<string, readonly (typeof SCHEDULES)[number][]>> = {
  'schedule.final': ['linear', 'cosine'],
  'schedule.factor': ['step', 'plateau'],
  'schedule.drops': ['step'],
  'schedule.patience': ['plateau'],
};

const JUDGES: Readonly<Record<string, Judge>> = {
  ...judgesOf(OF_OPTIMIZERS, 'optimizer.name', ({ optimizer }) => optimizer.name),
  ...judgesOf(OF_SCHEDULES, 'schedule.name', ({ schedule }) => schedule.name),
  'model.activation': ({ model }) => cellProblem('activation', model.cell),
  'model.reset': ({ model }) => cellProblem('reset', model.cell),
  'model.pairs.fusion': ({ model }) =>
    model.pairs?.bidirectional === false
      ? message`${option('fusion')} joins two directions; leave it out, or give ${option('bidirectional')}, too`
      : undefined,
  'dropout.layers': (recipe) =>
    recipe.dropout.layers === 0 || handsOn(recipe) || recipe.dropout.output === recipe.dropout.layers
      ? undefined
      : message`${option('dropout.layers')} is for a model of several layers, and ${option('dropout.output')} is given; leave one out`,
  'dropout.variational': (recipe) =>
    !recipe.dropout.variational || dropsSignals(recipe)
      ? undefined
      : message`${option('dropout.variational')} is for the dropout of what layers hand on, and there is none; give ${option('dropout.layers')}, or leave it out`,
  patience: ({ validation }) => (validation === 0 ? needsHeldOut(message`${option('patience')}`) : undefined),
  select: ({ validation }) => (validation === 0 ? needsHeldOut(message`${option('select')}`) : undefined),
  'schedule.name': ({ schedule: { name }, validation }) =>
    name === 'plateau' && validation === 0 ? needsHeldOut(message`${option('schedule.name')} plateau`) : undefined,
  finish: ({ finish, validation }) =>
    finish === 'all' && validation === 0 ? needsHeldOut(message`${option('finish')} all`) : undefined,
};

/**
 * UsageError for an option that is given and can never act in the run.
 *
 * @param given what the user says, without what presets and defaults add
 * @param recipe what the run follows
 */
export function requireEffect(given: object, recipe: Recipe): void {
  for (const key of keysOf(given)) {
    const problem = JUDGES[key]?.(recipe);
    if (problem) throw new UsageError(problem);
  }
}

/**
 * UsageError for an option of a program that can never act in the run: one of texts or of pairs that the model is not of, or one that the recipe
 * never reads. A run that is resumed brings its recipe, so it is not checked.
 */
export function requireChosen(options: object, recipe: Recipe): void {
  const said = beyondDefaults(options);
  requireFitting(said, recipe.model.pairs?.task);
  requireEffect(said, recipe);
}

/** UsageError for an option that says how a text is read, where a program gives a corpus, which has been read. */
export function requireUnread(options: object): void {
  const key = keysOf(options).find(isOfReading);
  if (key === undefined) return;
  throw new UsageError(
    message`${option(key)} says how a text is read, and this one is a corpus, which has been read; leave it out`,
  );
}

/** Why an option of some kinds of cell can never act in this one; undefined where it acts. */
export function cellProblem(key: keyof CellOptions, cell: CellName): Message | undefined {
  const users = CELLS.filter((each) => CELL_KINDS[each].uses.includes(key));
  return choiceProblem(`model.${key}`, 'model.cell', users, cell);
}

/**
 * What a program says beyond the defaults. It may give a whole recipe, such as that of a checkpoint, or one made of the defaults: there, a value that is
 * the default says nothing. A command line gives only what its user says.
 */
export function beyondDefaults(options: object, defaults: object = allDefaults()): object {
  const usual: Readonly<Record<string, unknown>> = { ...defaults };
  const said = Object.entries(options).flatMap(([key, value]: [string, unknown]): [string, unknown][] => {
    const below = usual[key];
    if (Object.is(value, below)) return [];
    const areObjects = typeof value === 'object' && value !== null && typeof below === 'object' && below !== null;
    return [[key, areObjects ? beyondDefaults(value, below) : value]];
  });
  return Object.fromEntries(said);
}

/** The defaults of a recipe, with those of a model of pairs. */
function allDefaults(): object {
  const { pairs } = resolveRecipe({ model: { pairs: { task: 'transduce' } } }).model;
  const recipe = resolveRecipe();
  return { ...recipe, model: { ...recipe.model, pairs: { ...pairs, task: undefined } } };
}

function judgesOf(
  choices: Readonly<Record<string, readonly string[]>>,
  chooser: string,
  chosenIn: (recipe: Recipe) => string,
): Record<string, Judge> {
  const judges = Object.entries(choices).map(([key, users]): [string, Judge] => [
    key,
    (recipe) => choiceProblem(key, chooser, users, chosenIn(recipe)),
  ]);
  return Object.fromEntries(judges);
}

function choiceProblem(key: string, chooser: string, users: readonly string[], chosen: string): Message | undefined {
  if (users.includes(chosen)) return undefined;
  return message`${option(key)} is for ${option(chooser)} ${inWords(users)}, and this is ${chosen}; leave it out`;
}

/** "step", "linear or cosine", "rmsprop, adagrad or adam". */
function inWords(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), words.at(-1)].filter(Boolean).join(' or ');
}

/** Whether numbers are handed from layer to layer, or from an encoder to the attention of a decoder. */
function handsOn({ model: { layers, pairs } }: Recipe): boolean {
  return layers > 1 || (pairs?.task === 'transduce' && pairs.attention !== 'none');
}

/** Whether anything but weights is dropped. One-hot symbols pick rows of weights. */
function dropsSignals(recipe: Recipe): boolean {
  const { model, dropout } = recipe;
  const atInput = dropout.input > 0 && model.embedding > 0;
  return atInput || dropout.output > 0 || (dropout.layers > 0 && handsOn(recipe));
}
