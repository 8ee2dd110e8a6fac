import type { Command } from 'commander';
import { buildCommand } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/registry.ts';

/** A command of `rnn`, which parses as at the shell; `run` is given what it would do its work with. */
export async function commandOf(name: string, run?: (options: object) => void): Promise<Command> {
  const { summary, load } = COMMANDS.find((entry) => entry.name === name)!;
  const { command } = await load();
  const watched = { ...command, run: async (options: object) => void run?.(options) };
  return buildCommand(name, summary, run ? (watched as typeof command) : command);
}
