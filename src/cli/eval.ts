import { Command, Option } from 'commander';
import { collect, filePath, type KernelRequest, kernelOption, number, share, whole } from './options.ts';

/** `rnn eval`. */
export function evalCommand(): Command {
  return new Command('eval')
    .description('Measure how well a model predicts a text it need not have seen.')
    .argument('<text...>', 'text files, read one after the other; - is standard input', collect)
    .option('-c, --checkpoint <file>', 'the model (default: the newest in ./checkpoints)', filePath)
    .addOption(
      new Option('--part <part>', 'of the text that the model was trained on: only what was held out, say')
        .choices(['all', 'train', 'validation', 'test'])
        .default('all'),
    )
    .option('--only <symbols>', 'measure these symbols alone: 01, say, where answers are 0 or 1 (see rnn corpus)')
    .option('--dynamic', 'the model keeps learning as it reads; the checkpoint stays as it is')
    .option('--dynamic-lr <x>', 'learning rate of --dynamic', number(0, Number.MAX_VALUE, true), 0.0003)
    .option('--dynamic-steps <n>', 'symbols between its updates', whole(1, 100_000), 32)
    .option('--dynamic-decay <x>', 'how far it goes back to the checkpoint after each', share(), 0.001)
    .option('--threads <n>', 'threads for a model of lines; a stream is read by one', whole(1, 256), 1)
    .addOption(kernelOption())
    .option('--json', 'print JSON')
    .option('--quiet', 'say nothing on standard error')
    .addHelpText(
      'after',
      `
A stream is read from its first symbol to its last with the state carried all the
way; each line of a model of lines on its own. Printed are the mean loss in nats
a symbol, the same in bits, the perplexity e^loss, and the share of symbols that
the model thought the likeliest of all.

Examples:
  rnn eval other.txt
  rnn eval book.txt --part validation
  rnn eval book.txt --part test --dynamic
  rnn eval other.txt --json | jq .bits
  rnn corpus addition --length 64 | rnn eval - --only 01`,
    )
    .action(async (sources: string[], options: EvalCommandOptions) => {
      const { evaluateText } = await import('./eval-run.ts');
      await evaluateText(sources, options);
    });
}

export interface EvalCommandOptions {
  readonly checkpoint?: string;
  readonly part: 'all' | 'train' | 'validation' | 'test';
  readonly only?: string;
  readonly dynamic?: boolean;
  readonly dynamicLr: number;
  readonly dynamicSteps: number;
  readonly dynamicDecay: number;
  readonly threads: number;
  readonly kernel: KernelRequest;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
