import { existsSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { EXIT, UsageError, UserError } from '../errors.ts';
import { oneLine } from '../library/words.ts';
import { withCommandFirst } from './argument-order.ts';
import { createProgram } from './program.ts';
import { COMMANDS } from './registry.ts';
import { ReaderGone } from './text.ts';
import { wrapLine } from './wrap.ts';

/** Runs the command line and returns its exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  // A reader that has gone away is noticed where something is written; until then, and on standard error, it is no failure.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  const program = createProgram();
  let status: number = EXIT.done;
  let nameOf = (key: string): string => key;
  try {
    const given = await withCommandFirst(withoutHelpCommand(argv.slice(2)), COMMANDS);
    const called = given.find((argument) => !argument.startsWith('-'));
    for (const { name, summary, load } of COMMANDS) {
      if (name !== called) {
        program.addCommand(new Command(name).description(summary));
        continue;
      }
      const [{ command }, { buildCommand, namesOf }] = await Promise.all([load(), import('./command.ts')]);
      nameOf = namesOf(command);
      program.addCommand(buildCommand(name, summary, command, (found = EXIT.done) => (status = found), COMMANDS));
    }
    for (const command of [program, ...program.commands]) reportUsage(command, command === program);
    const known = called === undefined || COMMANDS.some(({ name }) => name === called);
    await program.parseAsync(known ? [...given] : withoutHelp(given), { from: 'user' });
    return status;
  } catch (error) {
    return report(withDash(error, argv.slice(2), program), program.opts().debug === true, nameOf);
  }
}

/** The arguments, in which `help` and `help train` are `--help` and `train --help`; `-v` is `-V`, as in other programs. */
function withoutHelpCommand(given: readonly string[]): string[] {
  const [first, ...rest] = given;
  if (first === '-v') return ['-V', ...rest];
  return first === 'help' ? [...rest, '--help'] : [...given];
}

/** The arguments without the options that ask for help: commander then says that the command is unknown. */
function withoutHelp(given: readonly string[]): string[] {
  return given.filter((argument) => argument !== '-h' && argument !== '--help');
}

/** Errors in usage are one line, and are thrown to `main`. */
function reportUsage(command: Command, isProgram: boolean): void {
  const help = isProgram ? 'rnn --help' : `rnn ${command.name()} --help`;
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({ outputError: (text, write) => write(usageLine(text, help, command)) });
}

/** Commander's error, with a suggestion where it has one, as one line. Where the line doesn't say what is expected, it names the help. */
function usageLine(text: string, help: string, command: Command): string {
  const [what = '', suggestion = ''] = text.trimEnd().split(/\n(?=\(Did you mean [^\n]*$)/);
  const line = oneLine(what.replace(/^error: (command-argument (?=value))?/, ''));
  const found = shortened(line, command) ?? choicesOf(line, command) ?? suggestion.replace('Did', 'did');
  const hint = found ? ` ${found}` : '';
  const end = line.endsWith('.') ? ` See \`${help}\`.` : `; see \`${help}\``;
  return `${wrapLine(`rnn: ${line}${hint}${end}`, process.stderr.columns)}\n`;
}

/** Of an option that is the start of one known option (`--temp`), that one. Commander looks for words of about the same length only. */
function shortened(line: string, command: Command): string | undefined {
  const start = /^unknown option '(--[^']+)'$/.exec(line)?.[1];
  const [option, ...others] = start ? command.options.filter(({ long }) => long?.startsWith(start)) : [];
  return option && others.length === 0 ? `(did you mean ${option.long}?)` : undefined;
}

/** What a missing argument may be, where it is one of few words. */
function choicesOf(line: string, command: Command): string | undefined {
  const missing = /^missing required argument '([^']+)'$/.exec(line)?.[1];
  const choices = command.registeredArguments.find((argument) => argument.name() === missing)?.argChoices;
  return choices && `(${choices.join(', ')})`;
}

/** A dash, into which word processors and PDF files turn the hyphens of an option. */
const DASHES = /^[-\u2010-\u2015\u2212]*[\u2010-\u2015\u2212][-\u2010-\u2015\u2212]*(?=[a-z])/i;

/**
 * The error where an argument was meant to be an option: how the option is spelled. That is an argument which the error is about, or which would be an
 * option with hyphens. Other errors stay as they are.
 */
function withDash(error: unknown, given: readonly string[], { commands }: Command): unknown {
  if (!(error instanceof UserError)) return error;
  const options = commands.flatMap((command) => command.options);
  const isOption = (name: string): boolean => options.some(({ short, long }) => name === short || name === long);
  const argument = given.find(
    (each) => DASHES.test(each) && (error.message.startsWith(`${each}: `) || isOption(withHyphens(each))),
  );
  if (argument === undefined || existsSync(argument)) return error;
  return new UsageError(`${argument}: an option begins with hyphens, not with a dash; write ${withHyphens(argument)}`);
}

function withHyphens(argument: string): string {
  const name = argument.replace(DASHES, '');
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** Says in a line what went wrong, with options named as `nameOf` says. Returns the exit status. */
function report(error: unknown, debug: boolean, nameOf: (key: string) => string): number {
  if (error instanceof ReaderGone) return EXIT.done;
  // Commander has said what is wrong, in a line of its own, or has shown help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const known = error instanceof UserError;
  const hint = known || debug ? '' : ' (a fault of the program; --debug shows where)';
  const text = known ? error.messageWith(nameOf) : message;
  process.stderr.write(`${wrapLine(`rnn: ${oneLine(text)}${hint}`, process.stderr.columns)}\n`);
  if (debug && stack) process.stderr.write(`${stack}\n`);
  return known ? error.exitCode : EXIT.failed;
}
