import { Command } from 'commander';
import { addConstraints, CONSTRAINT_HELP, type ConstraintCommandOptions } from './constraints.ts';
import { collect, filePath, type KernelRequest, kernelOption, number, whole } from './options.ts';

export interface SampleCommandOptions extends ConstraintCommandOptions {
  readonly checkpoint?: string;
  readonly prefix: string;
  readonly count: number;
  readonly length?: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly typical?: number;
  readonly repetitionPenalty?: number;
  readonly repetitionWindow?: number;
  readonly seed?: string;
  readonly stop?: readonly string[];
  readonly unique?: boolean;
  readonly novel?: readonly string[];
  readonly kernel: KernelRequest;
  readonly json?: boolean;
  readonly raw?: boolean;
  readonly quiet?: boolean;
}

/** `rnn sample`. */
export function sampleCommand(): Command {
  const command = new Command('sample')
    .description('Write text by drawing symbol after symbol from the model.')
    .option('-c, --checkpoint <file>', 'the model; the newest in ./checkpoints if not given', filePath)
    .option('-p, --prefix <text>', 'what the text begins with', '')
    .option('-n, --count <n>', 'how many texts', whole(1), 1)
    .option(
      '-l, --length <n>',
      'the most symbols to draw for a text (default: 200 for lines, 1000 for a stream)',
      whole(1),
    )
    .option('-s, --seed <seed>', 'the same seed gives the same texts; a random one if not given')
    .option('--stop <text>', 'end a text before this string, in which \\n is a newline (repeatable)', collect)
    .option('--unique', 'no text twice')
    .option('--novel <file>', 'no text that is a line of this file, such as the training text (repeatable)', collect)
    .addOption(kernelOption().hideHelp())
    .option('--json', 'print JSON Lines, with log-probabilities')
    .option('--raw', 'send control characters as they are, to a terminal too')
    .option('--quiet', 'say nothing on standard error')
    .optionsGroup('What may be drawn, narrowed in this order:')
    .option('--repetition-penalty <x>', 'multiply the log-probability of recent symbols by this', number(0, 1e6, true))
    .option('--repetition-window <n>', 'recent are the last n symbols (default: 64)', whole(1))
    .option('-t, --temperature <x>', 'below 1 safer, above 1 wilder; 0 takes the likeliest symbol always', number(0), 1)
    .option('--top-k <n>', 'the n likeliest symbols', whole(1))
    .option('--top-p <x>', 'the fewest, likeliest first, whose probabilities add up to this', number(0, 1, true))
    .option('--min-p <x>', 'those at least this times as likely as the likeliest', number(0, 1))
    .option('--typical <x>', 'the fewest, most typical first, whose probabilities add up to this', number(0, 1, true));
  return addConstraints(command)
    .addHelpText(
      'after',
      `
A model of lines prints a line for each text, and ends it at its <stop>. A model
of a stream writes --length symbols, as they are drawn.
${CONSTRAINT_HELP}

Examples:
  rnn sample --length 500 --temperature 0.8
  rnn sample --prefix d --count 10 --seed 1
  rnn sample --count 1000 | sort | uniq -c | sort -rn | head -3
  rnn sample --prefix "First Citizen:" --stop "\\n\\n" --top-p 0.9
  rnn sample --count 20 --unique --novel names.txt --match "[A-Z][a-z]{4,6}"`,
    )
    .action(async (options: SampleCommandOptions) => {
      const { sample } = await import('./sample-run.ts');
      process.exitCode = await sample(options);
    });
}
