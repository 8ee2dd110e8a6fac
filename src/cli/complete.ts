import { Command } from 'commander';
import { addSearch, type SearchCommandOptions } from './beam.ts';
import { addConstraints } from './constraints.ts';

/** `rnn complete`. */
export function completeCommand(): Command {
  const command = new Command('complete')
    .description('Complete as you type: the likeliest completions show, and Tab takes the best.')
    .option('-p, --prefix <text>', 'what is typed already');
  return addConstraints(addSearch(command))
    .addHelpText(
      'after',
      `
Keys: Tab takes the best completion, Enter ends and prints the text, Backspace,
Ctrl-W and Ctrl-U delete a character, a word, everything, and Esc, Ctrl-D or Ctrl-C
leave without a word. The screen is left as it was found.

In a pipe it is \`rnn beam\`: with --prefix, that is completed, else each line of
standard input. The options are those of \`rnn beam\`.

Examples:
  rnn complete
  rnn complete --k 10 --match "[a-z]+"
  cut -f1 list | rnn complete --k 3`,
    )
    .action(async (options: SearchCommandOptions) => {
      const { complete } = await import('./complete-run.ts');
      process.exitCode = await complete(options);
    });
}
