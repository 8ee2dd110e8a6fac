import { EXIT, message, option, UsageError, UserError } from '../../errors.ts';
import type { FoundText, LanguageModel } from '../../library/language-model.ts';
import { stringOf } from '../../library/lines.ts';
import type { PairModel } from '../../library/pair-model.ts';
import { type Context, defineCommand } from '../command.ts';
import { type Draft, type End, edit, layOut, type Suggestions } from '../completer.ts';
import { completionOf, scoreInWords } from '../completions.ts';
import { CONSTRAINT_FLAGS, withEscapes } from '../constraints.ts';
import { Output } from '../output.ts';
import { Screen, type Terminal, terminalOf } from '../screen.ts';
import {
  countOf,
  PREFIX_FLAG,
  printCompletions,
  requestOf,
  requireEffect,
  SEARCH_FLAGS,
  type SearchCommandOptions,
  searchOptions,
} from '../search.ts';
import { isOfPairs, requireNone, requireNoSources } from '../sources.ts';
import { TARGET_OPTIONS } from '../targets.ts';

/** `rnn complete`. */
export const command = defineCommand({
  schema: searchOptions.extend({ prefix: searchOptions.shape.prefix.describe('the text to begin with') }),
  flags: { '': { prefix: PREFIX_FLAG, ...SEARCH_FLAGS }, ...CONSTRAINT_FLAGS },
  help: `
Keys: Up and Down choose a completion. Tab takes it, or else the best one. Enter
ends, and prints the chosen completion, or else the text. Backspace, Ctrl-W and
Ctrl-U delete a character, a word, and everything. Esc, Ctrl-D and Ctrl-C leave,
and print nothing. The screen is left as it was found. The
completions are ordered by their score, as those of \`rnn beam\` are; the number
beside each is its probability.

Where standard output is captured, it is drawn on the terminal all the same.
Where standard input is no terminal, and with --json, \`rnn complete\` does what
\`rnn beam\` does: it completes --prefix, or else each line of standard input. The
options are those of \`rnn beam\`.

With a model of pairs, the text is a source, and its best targets show. Enter
prints the source and the chosen target, or else the best, separated by a tab.
--source is the text to begin with, and --prefix what every target begins with.
Where standard input is no terminal, its lines are sources.

Examples:
  rnn complete
  text=$(rnn complete)
  rnn complete --k 10 --match "[a-z]+"
  cut -f1 list | rnn complete --k 3`,
  async run(options, context) {
    const terminal = options.json ? undefined : terminalOf();
    if (!terminal) {
      return await printCompletions(options, { readsInput: !process.stdin.isTTY }, context);
    }
    requireEffect(options); // before the screen is taken
    const { openModel } = await import('../open.ts');
    const model = await openModel({ ...options, quiet: true });
    const { status, accepted } = isOfPairs(model)
      ? await translate(terminal, model, options, context)
      : await complete(terminal, model, options, context);
    if (accepted !== undefined) {
      const output = new Output(options);
      await output.line(accepted);
      await output.flush();
    }
    return status;
  },
});

/** Completes what is typed. */
async function complete(
  terminal: Terminal,
  model: LanguageModel,
  options: SearchCommandOptions,
  context: Context,
): Promise<End> {
  requireNoSources(options, context);
  requireNone(options, Object.keys(TARGET_OPTIONS), 'pairs');
  const request = requestOf(options, model);
  const suggest = async (text: string) => await find(model, text, () => model.beam(text, request), options, context);
  return await converse(terminal, stringOf(withEscapes(options, model).prefix ?? ''), suggest);
}

/** Finds targets of the source that is typed. Ends with the source and the chosen target, or else the best. */
async function translate(
  terminal: Terminal,
  model: PairModel,
  options: SearchCommandOptions,
  context: Context,
): Promise<End> {
  const key = (['sources', 'scores', 'perSymbol'] as const).find((each) => options[each] !== undefined);
  if (key !== undefined) throw new UsageError(message`${option(key)} has no meaning while you type; leave it out`);
  const { prefix } = withEscapes({ prefix: options.prefix }, model);
  const request = { ...requestOf(options, model), ...(prefix === undefined ? {} : { prefix }) };
  const targetsOf = async (source: string): Promise<Suggestions> => {
    if (source === '') return { completions: [], areTargets: true };
    const found = await find(model, source, () => model.beam(source, request), options, context);
    return { ...found, areTargets: true };
  };
  const end = await converse(terminal, options.source ?? '', targetsOf);
  const { status, accepted: source } = end;
  if (source === undefined) return end;
  const target = end.target ?? (await targetsOf(source)).completions[0]?.text;
  return { status, accepted: target === undefined ? source : `${source}\t${target}` };
}

/** The best completions, or why there are none. */
async function find(
  model: LanguageModel | PairModel,
  text: string,
  search: () => Promise<readonly FoundText[]>,
  options: SearchCommandOptions,
  { nameOf }: Context,
): Promise<Suggestions> {
  const problem = model.problemWith(text);
  if (problem) return { completions: [], problem: problem.messageWith(nameOf) };
  try {
    const found = await search();
    const { lengthPenalty = searchOptions.shape.lengthPenalty.parse(undefined) } = options;
    return { completions: found.slice(0, countOf(options)).map(completionOf), order: scoreInWords(lengthPenalty) };
  } catch (error) {
    if (error instanceof UserError && !(error instanceof UsageError))
      return { completions: [], problem: error.messageWith(nameOf) };
    throw error;
  }
}

/** Keys for which the completions of the text so far must be known. */
const CHOOSING = ['tab', 'up', 'down'];

/** Reads keys and draws until the person is done. The screen is given back whatever happens. */
async function converse(
  terminal: Terminal,
  begun: string,
  suggestFor: (text: string) => Promise<Suggestions>,
): Promise<End> {
  const screen = new Screen(terminal);
  let draft: Draft = { text: begun };
  let suggestions = await suggestFor(begun);
  const draw = () => screen.draw(layOut(draft, suggestions, screen.size));
  try {
    screen.open(draw);
    draw();
    for await (const keys of screen.keys()) {
      for (const key of keys) {
        const chooses = key.name !== undefined && CHOOSING.includes(key.name);
        if (chooses && suggestions.completions.length === 0) suggestions = await suggestFor(draft.text);
        const next = edit(draft, key, suggestions);
        if ('status' in next) return next;
        if (next.text !== draft.text) suggestions = { ...suggestions, completions: [] };
        draft = next;
      }
      if (suggestions.completions.length === 0) suggestions = await suggestFor(draft.text);
      draw();
    }
    return { status: EXIT.done, accepted: undefined };
  } finally {
    screen.close();
  }
}
