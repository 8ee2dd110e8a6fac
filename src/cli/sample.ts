import { Command } from 'commander';
import { collect, filePath, type KernelRequest, kernelOption, number, whole } from './options.ts';

export interface SampleCommandOptions {
  readonly checkpoint?: string;
  readonly prefix: string;
  readonly count: number;
  readonly length?: number;
  readonly temperature: number;
  readonly seed?: string;
  readonly stop: readonly string[];
  readonly kernel: KernelRequest;
  readonly json?: boolean;
  readonly raw?: boolean;
  readonly quiet?: boolean;
}

/** `rnn sample`. */
export function sampleCommand(): Command {
  return new Command('sample')
    .description('Write text by drawing symbol after symbol from the model.')
    .option('-c, --checkpoint <file>', 'the model; the newest in ./checkpoints if not given', filePath)
    .option('-p, --prefix <text>', 'what the text begins with', '')
    .option('-n, --count <n>', 'how many texts', whole(1), 1)
    .option(
      '-l, --length <n>',
      'the most symbols to draw for a text (default: 200 for lines, 1000 for a stream)',
      whole(1),
    )
    .option('-t, --temperature <x>', 'below 1 safer, above 1 wilder; 0 takes the likeliest symbol always', number(0), 1)
    .option('-s, --seed <seed>', 'the same seed gives the same texts; a random one if not given')
    .option('--stop <text>', 'end a text before this string, in which \\n is a newline (repeatable)', collect, [])
    .addOption(kernelOption().hideHelp())
    .option('--json', 'print JSON Lines, with log-probabilities')
    .option('--raw', 'send control characters as they are, to a terminal too')
    .option('--quiet', 'say nothing on standard error')
    .addHelpText(
      'after',
      `
A model of lines prints a line for each text, and ends it at its <stop>. A model
of a stream writes --length symbols, as they are drawn.

Examples:
  rnn sample --length 500 --temperature 0.8
  rnn sample --prefix d --count 10 --seed 1
  rnn sample --count 1000 | sort | uniq -c | sort -rn | head -3
  rnn sample --prefix "First Citizen:" --stop "\\n\\n"`,
    )
    .action(async (options: SampleCommandOptions) => {
      const { sample } = await import('./sample-run.ts');
      await sample(options);
    });
}
