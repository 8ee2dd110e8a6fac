import type { CommandEntry } from './command.ts';
import type { SchemaOption } from './flags.ts';

/**
 * The arguments with the command's name first, where options stand before it: `--hidden 16 train x` is `train --hidden 16 x`. Which
 * arguments are values of options depends on the command, so each argument that is the name of a command is tried: the first that has
 * all of these options, or else the first. Unchanged where there is none.
 */
export async function withCommandFirst(
  given: readonly string[],
  commands: readonly CommandEntry[],
): Promise<readonly string[]> {
  if (!given[0]?.startsWith('-')) return given;
  let other: readonly string[] | undefined;
  for (const [at, argument] of given.entries()) {
    if (argument === '--') break;
    const entry = commands.find(({ name }) => name === argument);
    if (entry === undefined) continue;
    const options = await optionsOf(entry);
    const before = given.slice(0, at);
    const named = namedIn(before, options);
    if (named === undefined) continue;
    const ordered = [argument, ...joined(before, given.slice(at + 1), options)];
    if (named.every((each) => optionOf(each, options))) return ordered;
    other ??= ordered;
  }
  return other ?? given;
}

async function optionsOf({ load }: CommandEntry): Promise<readonly SchemaOption[]> {
  const [{ command }, { fromSchema, SchemaOption }] = await Promise.all([load(), import('./flags.ts')]);
  return fromSchema(command.schema, command.flags).filter((each) => each instanceof SchemaOption);
}

function optionOf(argument: string, options: readonly SchemaOption[]): SchemaOption | undefined {
  const [name = ''] = argument.split('=');
  return options.find(({ short, long }) => name === short || name === long);
}

/**
 * The arguments that name options, where all arguments are options and their values; else undefined. An option that the command doesn't have
 * counts as one without a value.
 */
function namedIn(given: readonly string[], options: readonly SchemaOption[]): readonly string[] | undefined {
  const named: string[] = [];
  for (let at = 0; at < given.length; at++) {
    const argument = given[at]!;
    if (!argument.startsWith('-')) return undefined;
    named.push(argument);
    const { required = false, optional = false } = argument.includes('=') ? {} : (optionOf(argument, options) ?? {});
    const next = given[at + 1];
    if (required && next === undefined) return undefined; // the name of the command is its value
    if (required || (optional && next !== undefined && !next.startsWith('-'))) at++;
  }
  return named;
}

/**
 * Options, and what follows the name of the command. An option that may go without a value, and has none, goes last, where it takes no argument
 * for one.
 */
function joined(
  before: readonly string[],
  after: readonly string[],
  options: readonly SchemaOption[],
): readonly string[] {
  const last = before.at(-1) ?? '';
  if (last.includes('=') || !optionOf(last, options)?.optional) return [...before, ...after];
  const end = after.includes('--') ? after.indexOf('--') : after.length;
  return [...before.slice(0, -1), ...after.slice(0, end), last, ...after.slice(end)];
}
