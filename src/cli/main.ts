import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT, UserError } from '../errors.ts';
import { beamCommand } from './beam.ts';
import { benchCommand } from './bench.ts';
import { compareCommand } from './compare.ts';
import { completeCommand } from './complete.ts';
import { corpusCommand } from './corpus.ts';
import { demoCommand } from './demo.ts';
import { evalCommand } from './eval.ts';
import { gradflowCommand } from './gradflow.ts';
import { infoCommand } from './info.ts';
import { oneLine, ReaderGone } from './output.ts';
import { plotCommand } from './plot.ts';
import { reportCommand } from './report.ts';
import { sampleCommand } from './sample.ts';
import { scoreCommand } from './score.ts';
import { trainCommand } from './train.ts';

const EXAMPLES = `
Examples:
  rnn train book.txt                    train on a text, and save the model in ./checkpoints
  rnn sample --length 500               write new text with the newest model
  rnn beam --prefix d --k 5             the five likeliest completions of d
  rnn complete                          complete as you type
  rnn score names.txt                   how likely each line is
  rnn report --html report.html         a page on what the newest model has learned
  rnn info                              what the newest model is, and how it was trained

Data goes to standard output, everything else to standard error.
Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted (after saving).`;

/** Runs the command line and returns its exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = build();
  // A reader that goes away is noticed where something is written; until then, and on standard error, it is no failure.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  try {
    await program.parseAsync(argv as string[]);
    return typeof process.exitCode === 'number' ? process.exitCode : EXIT.done;
  } catch (error) {
    return report(error, program.opts().debug === true);
  }
}

function build(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const program = new Command('rnn')
    .description('Trains character-level language models (RNN, LSTM, GRU) on a CPU, and completes text with them.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help, for a command too: rnn train --help')
    .helpCommand(false)
    .option('--debug', 'show the stack trace of an error')
    .addHelpText('after', EXAMPLES)
    .configureHelp({ showGlobalOptions: false });
  const commands = [
    trainCommand(),
    sampleCommand(),
    beamCommand(),
    completeCommand(),
    scoreCommand(),
    evalCommand(),
    compareCommand(),
    infoCommand(),
    plotCommand(),
    reportCommand(),
    gradflowCommand(),
    corpusCommand(),
    demoCommand(),
    benchCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...program.commands]) {
    const help = command === program ? 'rnn --help' : `rnn ${command.name()} --help`;
    command
      .exitOverride()
      .showSuggestionAfterError(true)
      .configureOutput({ outputError: (text, write) => write(usageLine(text, help)) });
  }
  return program;
}

/** Commander's error, with a suggestion where it has one, as one line; where it doesn't say what is expected, the help does. */
function usageLine(text: string, help: string): string {
  const [what = '', suggestion] = text.trimEnd().split(/\n(?=\(Did you mean [^\n]*$)/);
  const hint = suggestion ? ` ${suggestion.replace('Did', 'did')}` : '';
  const line = oneLine(what.replace(/^error: /, ''));
  return `rnn: ${line}${hint}${line.endsWith('.') ? ` See \`${help}\`.` : `; see \`${help}\``}\n`;
}

/** Options whose flags are not their keys. */
const FLAGS: Readonly<Record<string, string>> = { stride: '--bptt-stride', rate: '--lr' };

function flagOf(key: string): string {
  return FLAGS[key] ?? `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function report(error: unknown, debug: boolean): number {
  if (error instanceof ReaderGone) return EXIT.done;
  // Commander has said what is wrong, in a line of its own, or has shown help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const known = error instanceof UserError;
  const hint = known || debug ? '' : ' (a fault of the program; --debug shows where)';
  const text = known ? error.messageWith(flagOf) : message;
  process.stderr.write(`rnn: ${oneLine(text)}${hint}\n`);
  if (debug && stack) process.stderr.write(`${stack}\n`);
  return known ? error.exitCode : EXIT.failed;
}
