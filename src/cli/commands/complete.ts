import { EXIT, message, option, UsageError, UserError } from '../../errors.ts';
import type { FoundText, LanguageModel } from '../../library/language-model.ts';
import { stringOf } from '../../library/lines.ts';
import type { PairModel } from '../../library/pair-model.ts';
import { type Context, defineCommand } from '../command.ts';
import { edit, layOut, type Suggestions } from '../completer.ts';
import { completionOf, scoreInWords } from '../completions.ts';
import { CONSTRAINT_FLAGS, withEscapes } from '../constraints.ts';
import { Output } from '../output.ts';
import { Screen } from '../screen.ts';
import {
  countOf,
  PREFIX_FLAG,
  printCompletions,
  requestOf,
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
Keys: Tab takes the best completion. Enter ends, and prints the text. Backspace,
Ctrl-W and Ctrl-U delete a character, a word, and everything. Esc, Ctrl-D and
Ctrl-C leave, and print nothing. The screen is left as it was found. The
completions are ordered by their score, as those of \`rnn beam\` are; the number
beside each is its probability.

In a pipe \`rnn complete\` does what \`rnn beam\` does: it completes --prefix, or
else each line of standard input. The options are those of \`rnn beam\`.

With a model of pairs, the text is a source, and its best targets show. Enter
prints the source and its best target, separated by a tab. --source is the text
to begin with, and --prefix what every target begins with. In a pipe, the lines
are sources.

Examples:
  rnn complete
  rnn complete --k 10 --match "[a-z]+"
  cut -f1 list | rnn complete --k 3`,
  async run(options, context) {
    if (!process.stdin.isTTY || !process.stdout.isTTY || options.json) {
      return await printCompletions(options, { readsInput: !process.stdin.isTTY }, context);
    }
    countOf(options); // a count that can't be had is an error before the screen is taken
    const { openModel } = await import('../open.ts');
    const model = await openModel({ ...options, quiet: true });
    const { status, text } = isOfPairs(model)
      ? await translate(model, options, context)
      : await complete(model, options, context);
    if (text !== undefined) {
      const output = new Output(options);
      await output.line(text);
      await output.flush();
    }
    return status;
  },
});

/** How a conversation ended: with a text to print, or without. */
interface Ended {
  readonly status: number;
  readonly text: string | undefined;
}

/** Completes what is typed. */
async function complete(model: LanguageModel, options: SearchCommandOptions, context: Context): Promise<Ended> {
  requireNoSources(options, context);
  requireNone(options, Object.keys(TARGET_OPTIONS), 'pairs');
  const request = requestOf(options, model);
  const suggest = async (text: string) => await find(model, text, () => model.beam(text, request), options, context);
  return await converse(stringOf(withEscapes(options, model).prefix ?? ''), suggest);
}

/** Finds targets of the source that is typed. Ends with the source and its best target. */
async function translate(model: PairModel, options: SearchCommandOptions, context: Context): Promise<Ended> {
  const key = (['sources', 'scores', 'perSymbol'] as const).find((each) => options[each] !== undefined);
  if (key !== undefined) throw new UsageError(message`${option(key)} has no meaning while you type; leave it out`);
  const { prefix } = withEscapes({ prefix: options.prefix }, model);
  const request = { ...requestOf(options, model), ...(prefix === undefined ? {} : { prefix }) };
  const targetsOf = async (source: string): Promise<Suggestions> => {
    if (source === '') return { completions: [], areTargets: true };
    const found = await find(model, source, () => model.beam(source, request), options, context);
    return { ...found, areTargets: true };
  };
  const { status, text } = await converse(options.source ?? '', targetsOf);
  if (text === undefined) return { status, text };
  const [best] = (await targetsOf(text)).completions;
  return { status, text: best === undefined ? text : `${text}\t${best.text}` };
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

/** Reads keys and draws until the person is done. The screen is given back whatever happens. */
async function converse(begun: string, suggestFor: (text: string) => Promise<Suggestions>): Promise<Ended> {
  const screen = new Screen();
  let text = begun;
  let suggestions = await suggestFor(text);
  const draw = () => screen.draw(layOut(text, suggestions, screen.size));
  try {
    screen.open(draw);
    draw();
    for await (const keys of screen.keys()) {
      for (const key of keys) {
        if (key.name === 'tab' && suggestions.completions.length === 0) suggestions = await suggestFor(text);
        const next = edit(text, key, suggestions);
        if (typeof next !== 'string')
          return next.accepted ? { status: EXIT.done, text } : { status: next.status, text: undefined };
        if (next !== text) suggestions = { ...suggestions, completions: [] };
        text = next;
      }
      suggestions = await suggestFor(text);
      draw();
    }
    return { status: EXIT.done, text: undefined };
  } finally {
    screen.close();
  }
}
