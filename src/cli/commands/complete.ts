import { EXIT, UsageError, UserError } from '../../errors.ts';
import type { LanguageModel } from '../../library/language-model.ts';
import { stringOf } from '../../library/lines.ts';
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
The lines are sources where the model is one of pairs.

Examples:
  rnn complete
  rnn complete --k 10 --match "[a-z]+"
  cut -f1 list | rnn complete --k 3`,
  async run(options, context) {
    if (!process.stdin.isTTY || !process.stdout.isTTY || options.json) {
      return await printCompletions(options, { readsInput: !process.stdin.isTTY }, context);
    }
    countOf(options); // a count that can't be had is an error before the screen is taken
    const { open } = await import('../open.ts');
    const model = open({ ...options, quiet: true });
    const { status, text } = await converse(stringOf(withEscapes(options, model).prefix ?? ''), (typed) =>
      suggest(model, typed, options, context),
    );
    if (text !== undefined) {
      const output = new Output(options);
      await output.line(text);
      await output.flush();
    }
    return status;
  },
});

async function suggest(
  model: LanguageModel,
  text: string,
  options: SearchCommandOptions,
  { nameOf }: Context,
): Promise<Suggestions> {
  const problem = model.problemWith(text);
  if (problem) return { completions: [], problem: problem.messageWith(nameOf) };
  try {
    const found = await model.beam(text, requestOf(options, model));
    const { lengthPenalty = searchOptions.shape.lengthPenalty.parse(undefined) } = options;
    return { completions: found.slice(0, countOf(options)).map(completionOf), order: scoreInWords(lengthPenalty) };
  } catch (error) {
    if (error instanceof UserError && !(error instanceof UsageError))
      return { completions: [], problem: error.messageWith(nameOf) };
    throw error;
  }
}

/** Reads keys and draws until the person is done. The screen is given back whatever happens. */
async function converse(
  begun: string,
  suggestFor: (text: string) => Promise<Suggestions>,
): Promise<{ status: number; text: string | undefined }> {
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
        if (next !== text) suggestions = { completions: [] };
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
