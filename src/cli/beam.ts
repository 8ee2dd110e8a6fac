import { Command } from 'commander';
import { collect, filePath, type KernelRequest, kernelOption, number, whole } from './options.ts';

export interface BeamCommandOptions {
  readonly checkpoint?: string;
  readonly prefix: string;
  readonly k: number;
  readonly length?: number;
  readonly finished?: number;
  readonly lengthPenalty: number;
  readonly count?: number;
  readonly stop: readonly string[];
  readonly kernel: KernelRequest;
  readonly json?: boolean;
  readonly raw?: boolean;
  readonly quiet?: boolean;
}

/** `rnn beam`. */
export function beamCommand(): Command {
  return new Command('beam')
    .description('Find the likeliest completions of a prefix by beam search, best first.')
    .option('-c, --checkpoint <file>', 'the model; the newest in ./checkpoints if not given', filePath)
    .option('-p, --prefix <text>', 'what is to be completed', '')
    .option('-k, --k <n>', 'hypotheses kept at each step; 1 is greedy', whole(1, 10_000), 5)
    .option(
      '-l, --length <n>',
      'T: the most symbols of a completion (default: 100 for lines, 40 for a stream)',
      whole(1),
    )
    .option('--finished <n>', 'N: stop after so many finished hypotheses (default: k)', whole(1))
    .option('--length-penalty <a>', 'score = (1/T^a) Σ log p: 1 is the mean log-probability, 0 the sum', number(0), 1)
    .option('-n, --count <n>', 'how many to print (default: k)', whole(1))
    .option('--stop <text>', 'a string that ends a hypothesis, in which \\n is a newline (repeatable)', collect, [])
    .addOption(kernelOption().hideHelp())
    .option('--json', 'print JSON Lines, with every field')
    .option('--raw', 'send control characters as they are, to a terminal too')
    .option('--quiet', 'say nothing on standard error')
    .addHelpText(
      'after',
      `
Prints, separated by tabs: the text, its score, its log-probability in nats, its
probability, and how it ended: stop (it is complete) or length (it was cut off at
T). On a terminal, prints a table instead.

Examples:
  rnn beam --prefix d --k 5
  rnn beam --prefix d --k 1                     greedy
  rnn beam --prefix dee --k 20 | cut -f1        the texts alone
  rnn beam --prefix "The " --stop . --k 3`,
    )
    .action(async (options: BeamCommandOptions) => {
      const { beam } = await import('./beam-run.ts');
      await beam(options);
    });
}
