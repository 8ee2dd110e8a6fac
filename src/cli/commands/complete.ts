import { EXIT, UsageError, UserError } from '../../errors.ts';
import type { LanguageModel } from '../../library/language-model.ts';
import { stringOf } from '../../library/lines.ts';
import { type Context, defineCommand } from '../command.ts';
import { type Draft, edit, layOut, type Suggestions } from '../completer.ts';
import { completionOf, scoreInWords } from '../completions.ts';
import { CONSTRAINT_FLAGS, withEscapes } from '../constraints.ts';
import { Output } from '../output.ts';
import { Screen, type Terminal, terminalOf } from '../screen.ts';
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
Keys: Up and Down choose a completion. Tab takes it, or else the best one. Enter
ends, and prints the chosen completion, or else the text. Backspace, Ctrl-W and
Ctrl-U delete a character, a word, and everything. Esc, Ctrl-D and Ctrl-C leave,
and print nothing. The screen is left as it was found. The
completions are ordered by their score, as those of \`rnn beam\` are; the number
beside each is its probability.

Where standard output is captured, it is drawn on the terminal all the same.

Where standard input is no terminal, and with --json, \`rnn complete\` does what
\`rnn beam\` does: it completes --prefix, or else each line of standard input. The
options are those of \`rnn beam\`. The lines are sources where the model is one of
pairs.

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
    countOf(options); // a count that can't be had is an error before the screen is taken
    const { open } = await import('../open.ts');
    const model = open({ ...options, quiet: true });
    const { status, text } = await converse(terminal, stringOf(withEscapes(options, model).prefix ?? ''), (typed) =>
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

/** Keys for which the completions of the text so far must be known. */
const CHOOSING = ['tab', 'up', 'down'];

/** Reads keys and draws until the person is done. The screen is given back whatever happens. */
async function converse(
  terminal: Terminal,
  begun: string,
  suggestFor: (text: string) => Promise<Suggestions>,
): Promise<{ status: number; text: string | undefined }> {
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
        if ('status' in next) return { status: next.status, text: next.accepted };
        if (next.text !== draft.text) suggestions = { completions: [] };
        draft = next;
      }
      if (suggestions.completions.length === 0) suggestions = await suggestFor(draft.text);
      draw();
    }
    return { status: EXIT.done, text: undefined };
  } finally {
    screen.close();
  }
}
