import { Command, Option } from 'commander';
import { duration, type KernelRequest, kernelOption, whole } from './options.ts';

export interface BenchCommandOptions {
  readonly cell?: 'lstm' | 'gru' | 'rnn';
  readonly layers: number;
  readonly hidden: number;
  readonly reset: 'before' | 'after';
  readonly batch: number;
  readonly bptt: number;
  readonly symbols: number;
  readonly task?: 'train' | 'sample' | 'peak';
  readonly threads?: number;
  readonly kernel: KernelRequest;
  readonly seconds: number;
  readonly profile?: boolean;
  readonly json?: boolean;
}

/** `rnn bench`. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('Measure this machine: the bare matrix kernel, training and sampling, for a set of shapes or for one.')
    .addOption(new Option('--cell <name>', 'measure this shape alone').choices(['lstm', 'gru', 'rnn']))
    .option('--layers <n>', 'layers of that shape', whole(1, 64), 2)
    .option('--hidden <n>', 'units of a layer', whole(1, 32_768), 128)
    .addOption(new Option('--reset <when>', 'of the GRU').choices(['before', 'after']).default('after'))
    .option('--batch <n>', 'texts side by side', whole(1, 100_000), 50)
    .option('--bptt <n>', 'steps', whole(1, 100_000), 50)
    .option('--symbols <n>', 'size of the vocabulary', whole(1, 100_000), 65)
    .addOption(new Option('--task <name>', 'measure this alone').choices(['train', 'sample', 'peak']))
    .option('--threads <n>', 'with so many threads alone (default: with one, and with all there are)', whole(1, 256))
    .addOption(kernelOption())
    .option('--seconds <duration>', 'for each figure', duration, 3)
    .option('--profile', 'show what the time of a training step goes into')
    .option('--json', 'print JSON Lines')
    .addHelpText(
      'after',
      `
GFLOPS count the products that training needs, and none for one-hot inputs; the peak is what the bare matrix kernel
reaches on the same threads in the same minute.

Examples:
  rnn bench
  rnn bench --cell lstm --hidden 512 --profile
  rnn bench --task train --json > speed.jsonl`,
    )
    .action(async (options: BenchCommandOptions) => {
      const { bench } = await import('./bench-run.ts');
      await bench(options);
    });
}
