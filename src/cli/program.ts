import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { HELP_LAYOUT, wrapHelp } from './wrap.ts';

/** Below the commands in the help of the program: examples, and what holds for all commands. */
export const PROGRAM_HELP = `
Examples:
  rnn train book.txt           train on a text; save the model in ./checkpoints
  rnn sample --length 500      write new text with the newest model
  rnn beam --prefix d --k 5    the five best completions of d
  rnn complete                 complete as you type
  rnn score names.txt          how likely each line is
  rnn report --html page.html  a page on what the newest model has learned
  rnn info                     what the newest model is, and how it was trained

Data goes to standard output, everything else to standard error.
Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted (after saving).`;

/** The program without its commands. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return new Command('rnn')
    .description('Trains character-level language models (RNN, LSTM, GRU) on a CPU, and completes text with them.')
    .version(version, '-V, --version', 'print the version (-v, too)')
    .helpOption('-h, --help', 'show help, for a command too: rnn train --help')
    .helpCommand(false)
    .option('--debug', 'show the stack trace of an error')
    .addHelpText('after', () => wrapHelp(PROGRAM_HELP, process.stdout.columns))
    .configureHelp({ showGlobalOptions: false, ...HELP_LAYOUT });
}
