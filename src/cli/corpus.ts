import { Argument, Command } from 'commander';
import type { LengthRange, TaskName } from '../insight/tasks.ts';
import { lengthRange, whole } from './options.ts';

export interface CorpusCommandOptions {
  readonly count: number;
  readonly length?: LengthRange;
  readonly seed: string;
  readonly quiet?: boolean;
}

/** `rnn corpus`. */
export function corpusCommand(): Command {
  const tasks: readonly TaskName[] = ['xor', 'addition', 'copy', 'copy-reversed', 'lag'];
  return new Command('corpus')
    .description('Write lines of a task whose answers are known, to train on and to test with.')
    .addArgument(new Argument('<task>', 'which task').choices(tasks))
    .option('-n, --count <n>', 'how many lines', whole(1), 1000)
    .option('-l, --length <n>', 'length of a line, or a range of lengths: 30, 1-8', lengthRange)
    .option('-s, --seed <seed>', 'the same seed gives the same lines', '1')
    .option('--quiet', 'say nothing on standard error')
    .addHelpText(
      'after',
      `
Tasks, with what --length counts and its default:
  xor            bits, 1-8: b1c1d0…, a pair of bits (a b c d for 00 01 10 11), then their exclusive or
  addition       bits, 1-8: likewise, the least significant bits first, then the bit of the sum; ends on the carry
  copy           symbols, 1-8: badc>BADC
  copy-reversed  symbols, 1-8: cdab>BADC
  lag            steps from the first symbol to the last, 2-30: the first decides the last: bxyzzy?B

The symbols of answers (0 and 1, or capitals) stand nowhere else: \`rnn eval --only\` counts them alone. All others
are random.

Examples:
  rnn corpus addition --count 5000 > addition.txt
  rnn corpus lag --length 100 --count 2000 --seed 7 | rnn train - --mode lines --bptt 101
  rnn corpus addition --length 64 --seed test > long.txt && rnn eval long.txt --only 01`,
    )
    .action(async (task: TaskName, options: CorpusCommandOptions) => {
      const { corpus } = await import('./corpus-run.ts');
      await corpus(task, options);
    });
}
