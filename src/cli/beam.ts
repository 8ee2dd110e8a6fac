import { Command } from 'commander';
import { addConstraints, CONSTRAINT_HELP, type ConstraintCommandOptions } from './constraints.ts';
import { collect, filePath, type KernelRequest, kernelOption, nonEmpty, number, whole } from './options.ts';

/** What `rnn beam` and `rnn complete` share. */
export interface SearchCommandOptions extends ConstraintCommandOptions {
  readonly checkpoint?: string;
  readonly prefix?: string;
  readonly k: number;
  readonly length?: number;
  readonly finished?: number;
  readonly lengthPenalty: number;
  readonly groups: number;
  readonly diversity: number;
  readonly count?: number;
  readonly stop?: readonly string[];
  readonly kernel: KernelRequest;
  readonly json?: boolean;
  readonly raw?: boolean;
  readonly quiet?: boolean;
}

export interface BeamCommandOptions extends SearchCommandOptions {
  readonly prefixFile?: string;
}

/** `rnn beam`. */
export function beamCommand(): Command {
  const command = new Command('beam')
    .description('Find the likeliest completions of a prefix by beam search, best first.')
    .option('-p, --prefix <text>', 'what is to be completed (default: nothing)')
    .option('--prefix-file <file>', 'complete each line of a file, - for standard input: a line for each', nonEmpty);
  return addConstraints(addSearch(command))
    .addHelpText(
      'after',
      `
Prints, separated by tabs: the text, its score, its log-probability in nats, its
probability, and how it ended: stop (it is complete) or length (it was cut off at
T). On a terminal, prints a table instead.

With --prefix-file, prints for each line, in order: the prefix and the texts, best
first, separated by tabs; with --json, an object. A line that can't be completed is
named on standard error and has no texts; the exit status is 1 then.

A hypothesis that has finished keeps its place among the k. The search ends when all
have, at T, or when N have and none that goes on can come to a better score.
${CONSTRAINT_HELP}

Examples:
  rnn beam --prefix d --k 5
  rnn beam --prefix d --k 1                     greedy
  rnn beam --prefix dee --k 20 | cut -f1        the texts alone
  rnn beam --prefix "The " --stop . --k 3
  rnn beam --prefix d --k 12 --groups 4 --diversity 1
  cut -f1 list | rnn beam --k 3 --prefix-file -`,
    )
    .action(async (options: BeamCommandOptions) => {
      const { beam } = await import('./beam-run.ts');
      process.exitCode = await beam(options);
    });
}

/** Adds what beam search can be told. */
export function addSearch(command: Command): Command {
  return command
    .option('-c, --checkpoint <file>', 'the model; the newest in ./checkpoints if not given', filePath)
    .option('-k, --k <n>', 'hypotheses kept, finished ones included; 1 is greedy', whole(1, 10_000), 5)
    .option(
      '-l, --length <n>',
      'T: the most symbols of a completion (default: 100 for lines, 40 for a stream)',
      whole(1),
    )
    .option('--finished <n>', 'N: how many finished hypotheses to look for (default: k)', whole(1))
    .option('--length-penalty <a>', 'score = (1/T^a) Σ log p: 1 is the mean log-probability, 0 the sum', number(0), 1)
    .option('--groups <n>', 'divide k into groups that keep away from each other’s symbols', whole(1, 10_000), 1)
    .option('--diversity <x>', 'nats that a symbol costs for each time a group before has taken it', number(0), 0.5)
    .option('-n, --count <n>', 'how many to print (default: k, and no more)', whole(1))
    .option('--stop <text>', 'a string that ends a hypothesis, in which \\n is a newline (repeatable)', collect)
    .addOption(kernelOption().hideHelp())
    .option('--json', 'print JSON Lines, with every field')
    .option('--raw', 'send control characters as they are, to a terminal too')
    .option('--quiet', 'say nothing on standard error');
}
