import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type * as z from 'zod';
import { message, option, UsageError } from '../errors.ts';
import { type FlagTable, flagOf, fromSchema, type SchemaArgument, SchemaOption } from './flags.ts';
import { announceTerminal } from './standard-input.ts';
import { HELP_LAYOUT, wrapHelp } from './wrap.ts';

/** A command: what it can be told, as a schema and the flags of its keys, and what it does. */
export interface CommandDefinition {
  readonly schema: z.ZodObject;
  readonly flags: FlagTable;
  /** Below the options in its help: what it prints, and examples. */
  readonly help: string;
  /** Does the work. Returns the exit status, where it is not 0. */
  readonly run: (options: never, context: Context) => Promise<number | undefined>;
}

/** A command: its module is loaded only when the command is called. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: CommandDefinition }>;
}

/** What a command knows of the command line. */
export interface Context {
  /** The name of the command. */
  readonly name: string;
  /** Names the option of a key, as a message for the user does. */
  readonly nameOf: (key: string) => string;
  /** All commands. */
  readonly commands: readonly CommandEntry[];
}

/** Declares a command. `run` is given what the command line says; what it leaves out has the schema's default. */
export function defineCommand<Schema extends z.ZodObject>(
  definition: Omit<CommandDefinition, 'run'> & {
    readonly schema: Schema;
    readonly run: (options: z.input<Schema>, context: Context) => Promise<number | undefined>;
  },
): CommandDefinition {
  return definition;
}

/** Commander's command for a definition. `done` is told the exit status. */
export function buildCommand(
  name: string,
  summary: string,
  definition: CommandDefinition,
  done: (status: number | undefined) => void = () => {},
  commands: readonly CommandEntry[] = [],
): Command {
  const command = new Command(name)
    .description(summary)
    .configureHelp(HELP_LAYOUT)
    .addHelpText('after', () => `\n${wrapHelp(definition.help.trim(), process.stdout.columns)}`);
  for (const each of fromSchema(definition.schema, definition.flags)) {
    if (each instanceof SchemaOption) command.addOption(each);
    else command.addArgument(each);
  }
  const context = { name, nameOf: namesOf(definition), commands };
  command.allowExcessArguments();
  return command.action(async () => {
    requireNoExcess(command, definition.schema);
    if (command.getOptionValue('quiet') !== true) announceTerminal();
    done(await definition.run(givenTo(command) as never, context));
  });
}

/** How messages for the user name the keys of a command's options. */
export function namesOf({ flags }: CommandDefinition): (key: string) => string {
  return (key) => flagOf(flags, key);
}

/** UsageError for an argument that the command doesn't take. It names the option that was meant. */
function requireNoExcess(command: Command, { shape }: z.ZodObject): void {
  const { registeredArguments } = command;
  const excess = registeredArguments.at(-1)?.variadic ? undefined : command.args[registeredArguments.length];
  if (excess === undefined) return;
  const isFile = /\.json$/.test(excess) || (!('prefix' in shape) && existsSync(excess));
  const isPage = /\.html?$/.test(excess) && 'html' in shape;
  const others = 'prefix' in shape ? 'prefix' : undefined;
  const meant = isPage ? 'html' : isFile && 'checkpoint' in shape ? 'checkpoint' : others;
  throw unwanted(
    excess,
    `rnn ${command.name()} takes no ${registeredArguments.length === 0 ? '' : 'further '}argument`,
    meant,
  );
}

/** What to do with an argument that an option takes. */
const MEANT = { checkpoint: 'name the model', html: 'name the page', prefix: 'give a prefix' } as const;

/** What is wrong with an argument that can't be taken: why it can't, and the option that was meant. */
export function unwanted(argument: string, why: string, meant: keyof typeof MEANT | undefined): UsageError {
  return new UsageError(
    meant === undefined
      ? `${argument}: ${why}; leave it out, or quote a text with spaces`
      : message`${argument}: ${why}; ${MEANT[meant]} with ${option(meant)} ${argument}`,
  );
}

/** What the command line says, as an object of its command's schema. */
function givenTo(command: Command): object {
  const options = (command.options as SchemaOption[])
    .filter(({ path }) => command.getOptionValueSource(path) === 'cli')
    .map(({ path }) => [path, command.getOptionValue(path) as unknown] as const);
  const args = (command.registeredArguments as SchemaArgument[])
    .map(({ path }, index) => [path, command.processedArgs[index] as unknown] as const)
    .filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0));
  const twice = args.find(([path]) => options.some(([other]) => other === path));
  if (twice) throw new UsageError(message`a model is named by ${option(twice[0])} or by an argument, not by both`);
  return [...options, ...args].reduce<object>((given, [path, value]) => placed(given, path.split('.'), value), {});
}

/** An object in which there is a value at a path, too. */
function placed(object: object, [key, ...path]: readonly string[], value: unknown): object {
  if (key === undefined) return object;
  const below = (object as Record<string, object | undefined>)[key] ?? {};
  return { ...object, [key]: path.length === 0 ? value : placed(below, path, value) };
}
