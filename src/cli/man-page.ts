import type { Command, Option } from 'commander';
import { buildCommand, type CommandEntry } from './command.ts';
import { createProgram, PROGRAM_HELP } from './program.ts';
import { bold, italic, macro, roffParagraphs, roffText, tagged } from './roff.ts';

/**
 * The manual page of the program, rnn(1), in roff: all that the help of the program and of each command says, from the same
 * declarations. It has no date, so that a build is the same on every day.
 */
export async function manPage(commands: readonly CommandEntry[]): Promise<string> {
  const program = createProgram();
  const description = program.description();
  const parts = await Promise.all(commands.map(commandPart));
  const lines = [
    macro('TH', 'RNN', '1', '', `charnn ${program.version()}`, 'charnn'),
    // No hyphens within words (groff sets .nh back at each paragraph, to what HY says), and lines as long as their words make them.
    '.nr HY 0',
    '.nh',
    '.ad l',
    macro('SH', 'NAME'),
    `${roffText('rnn - ')}${roffText(`${description[0]!.toLowerCase()}${description.slice(1, -1)}`)}`,
    macro('SH', 'SYNOPSIS'),
    `${bold('rnn')} ${italic('command')} [${italic('options')}] [${italic('arguments')}]`,
    macro('SH', 'DESCRIPTION'),
    roffText(description),
    '.PP',
    bold('Commands:'),
    ...commands.map(({ name, summary }) => tagged(bold(name), summary, TAG_WIDTH)),
    ...roffParagraphs(PROGRAM_HELP),
    macro('SH', 'OPTIONS'),
    ...optionParts(program),
    macro('SH', 'COMMANDS'),
    ...parts.flat(),
  ];
  return `${lines.join('\n')}\n`;
}

/** Columns of the names of commands in their list. */
const TAG_WIDTH = 12;

/** What the page says of a command: how it is called, what it does, its arguments and options, and the rest of its help. */
async function commandPart({ name, summary, load }: CommandEntry): Promise<string[]> {
  const { command: definition } = await load();
  const command = buildCommand(name, summary, definition);
  const help = command.createHelp();
  return [
    macro('SS', `rnn ${help.commandUsage(command)}`),
    roffText(summary),
    ...help
      .visibleArguments(command)
      .map((argument) => tagged(italic(help.argumentTerm(argument)), help.argumentDescription(argument))),
    ...optionParts(command),
    ...roffParagraphs(definition.help),
  ];
}

/** The options of a command, group by group as in its help. */
function optionParts(command: Command): string[] {
  const help = command.createHelp();
  const visible = help.visibleOptions(command);
  const groupOf = (option: Option): string => option.helpGroupHeading ?? 'Options:';
  const groups = [...help.groupItems([...command.options], visible, groupOf)];
  return groups.flatMap(([heading, options]) => [
    '.PP',
    bold(heading),
    ...options.map((option) => tagged(optionTag(help.optionTerm(option)), help.optionDescription(option))),
  ]);
}

/** `-c, --checkpoint <file>` with the names in bold and what is to be given in italics. */
function optionTag(flags: string): string {
  return flags
    .split(/(-{1,2}[\w-]+|[<[][^>\]]+[>\]])/)
    .map((part) => (/^-/.test(part) ? bold(part) : /^[<[]/.test(part) ? italic(part) : roffText(part)))
    .join('');
}
