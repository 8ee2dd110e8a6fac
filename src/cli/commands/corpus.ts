import * as z from 'zod';
import { message, option, UsageError } from '../../errors.ts';
import { PAIR_CORPORA, type PairCorpusName, pairLines } from '../../insight/pair-tasks.ts';
import { TASK, TASKS, type TaskName, taskLines } from '../../insight/tasks.ts';
import { defineCommand } from '../command.ts';
import { Output, remark } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';

const schema = z.strictObject({
  task: z.enum([...TASKS, ...PAIR_CORPORA]).describe('which task'),
  count: z.int().min(1).default(1000).describe('how many lines'),
  length: z
    .strictObject({ least: z.int(), most: z.int() })
    .optional()
    .describe('length of a line, or a range of lengths: 30, 1-8'),
  final: z.boolean().default(false).describe('parity: ask for the parity once, at the end of the line'),
  seed: z.string().default('1').describe('the same seed gives the same lines'),
  quiet: OPTIONS.quiet,
});

/** `rnn corpus`. */
export const command = defineCommand({
  schema,
  flags: {
    '': {
      task: '<task>',
      count: '-n, --count <n>',
      length: { flag: '-l, --length <n>', spelling: 'lengths' },
      final: '--final',
      seed: '-s, --seed <seed>',
      quiet: FLAGS.quiet,
    },
  },
  help: `
Tasks, with what --length counts and its default:
  xor            bits, 1-8: b1c1d0…, a pair of bits (a b c d for 00 01 10 11),
                 then their exclusive or
  parity         bits, 1-8: a0b1b0…, a bit (a b for 0 1), then 1 for an odd
                 number of ones so far, else 0
  parity-final   bits, 1-8: abb?0, the bits, and their parity at the end:
                 --final makes parity this
  addition       bits, 1-8: the same with the bit of the sum, the least
                 significant bit first; ends with the carry
  copy           symbols, 1-8: badc>BADC
  copy-reversed  symbols, 1-8: cdab>BADC
  lag            steps from the first symbol to the last, 2-30: the first
                 decides the last: bxyzzy?B

In the tasks above, the symbols of answers (0 and 1, or capitals) stand nowhere
else, so \`rnn eval --only\` can measure the answers only. All other symbols are
random.

Tasks of pairs (source, tab, target), of which --length counts the digits of a
number:
  sums           1-3: 535+61, and 596
  numbers        1-3: three hundred and five, and 305

Examples:
  rnn corpus addition --count 5000 > addition.txt
  rnn corpus lag --length 100 --count 2000 --seed 7 |
    rnn train - --mode lines --bptt 101
  rnn corpus sums --count 20000 > sums.tsv
  rnn train sums.tsv
  rnn corpus addition --length 64 --seed test > long.txt
  rnn eval long.txt --only 01`,
  async run(options) {
    const { task: named, final, count, seed, length, quiet } = schema.parse(options);
    if (final && !named.startsWith('parity'))
      throw new UsageError(message`${option('final')} is for parity; leave it out`);
    const output = new Output();
    if (isOfPairs(named)) {
      for (const line of pairLines(named, count, seed, length)) await output.line(line);
      await output.flush();
      return undefined;
    }
    const task: TaskName = final ? 'parity-final' : named;
    for (const line of taskLines(task, count, seed, length)) await output.line(line);
    await output.flush();
    if (!quiet) remark(`answers are the symbols ${TASK[task].answers}: rnn eval --only ${TASK[task].answers}`);
    return undefined;
  },
});

function isOfPairs(task: TaskName | PairCorpusName): task is PairCorpusName {
  return (PAIR_CORPORA as readonly string[]).includes(task);
}
