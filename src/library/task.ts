import { type Message, message, option } from '../errors.ts';
import type { PairTask } from '../pair-task.ts';
import { judgePairs, type TaskChoice } from '../text/judge-pairs.ts';
import type { PairReading } from '../text/options.ts';
import { isReadOnce } from '../text/sources.ts';
import type { RecipeOptions } from '../training/recipe.ts';
import { isOfText, keysOf } from './given-options.ts';
import type { ModelRequest } from './task-options.ts';

/** Options of a run before and after its task is known. */
interface Undecided {
  readonly model?: ModelRequest | undefined;
  readonly pairs?: PairReading | undefined;
}
export type Decided<Options extends Undecided> = Omit<Options, 'model'> & {
  readonly model?: RecipeOptions['model'];
};

/**
 * The options of a run on these files, with the task that they ask for or that `auto` decides, and what to say of that. Without a task, the run is
 * on a text. UserError for a file that can't be read.
 */
export async function decideTask<Options extends Undecided>(
  sources: readonly string[],
  options: Options,
): Promise<{ readonly options: Decided<Options>; readonly notes: readonly Message[] }> {
  const { task: asked = 'auto', ...rest } = options.model?.pairs ?? {};
  if (asked !== 'auto') return { options: withTask(options, rest, asked === 'text' ? undefined : asked), notes: [] };
  // Options of texts say that a text is meant. What can be read only once can't be judged first.
  const isText = keysOf(options).some(isOfText) || sources.some(isReadOnce);
  const choice: TaskChoice = isText ? { task: undefined } : await judgePairs(sources, options.pairs ?? {});
  return { options: withTask(options, rest, choice.task), notes: notesOn(choice) };
}

function withTask<Options extends Undecided>(
  { model, ...options }: Options,
  rest: Omit<NonNullable<ModelRequest['pairs']>, 'task'>,
  task: PairTask | undefined,
): Decided<Options> {
  const { pairs: _, ...others } = model ?? {};
  // Options of pairs stay where the run is on a text, to be refused by name.
  const pairs = task !== undefined ? { ...rest, task } : Object.keys(rest).length > 0 ? rest : undefined;
  return { ...options, model: { ...others, ...(pairs ? { pairs } : {}) } } as Decided<Options>;
}

function notesOn({ task, reason, alignedUnit }: TaskChoice): Message[] {
  if (reason === undefined) return [];
  if (task === undefined) return [message`read as a text: ${reason} (${option('task')} reads pairs)`];
  const notes = [message`read as pairs, to ${task}: ${reason} (${option('task')} overrides)`];
  if (alignedUnit === undefined) return notes;
  const units =
    alignedUnit === 'token' ? message` ${option('sourceUnit')} token ${option('targetUnit')} token` : message``;
  const symbol = alignedUnit === 'token' ? 'word' : 'symbol';
  return [
    ...notes,
    message`every target has as many ${symbol}s as its source: ${option('task')} tag${units} learns a label for each ${symbol}`,
  ];
}
