import * as z from 'zod';
import { message, option, UsageError } from '../../errors.ts';
import { TASK, TASKS, taskLines } from '../../insight/tasks.ts';
import { defineCommand } from '../command.ts';
import { Output, remark } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';

const schema = z.strictObject({
  task: z.enum(TASKS).describe('which task'),
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
  xor            bits, 1-8: b1c1d0…, a pair of bits (a b c d for 00 01 10 11), then their exclusive or
  parity         bits, 1-8: a0b1b0…, a bit (a b for 0 1), then 1 for an odd number of ones so far, else 0
  parity-final   bits, 1-8: abb?0, the bits, and their parity at the end: --final makes parity this
  addition       bits, 1-8: the same with the bit of the sum, the least significant bit first; ends with the carry
  copy           symbols, 1-8: badc>BADC
  copy-reversed  symbols, 1-8: cdab>BADC
  lag            steps from the first symbol to the last, 2-30: the first decides the last: bxyzzy?B

The symbols of answers (0 and 1, or capitals) stand nowhere else, so \`rnn eval --only\` can measure the answers only.
All other symbols are random.

Examples:
  rnn corpus addition --count 5000 > addition.txt
  rnn corpus lag --length 100 --count 2000 --seed 7 | rnn train - --mode lines --bptt 101
  rnn corpus addition --length 64 --seed test > long.txt && rnn eval long.txt --only 01`,
  async run(options) {
    const { task: named, final, count, seed, length, quiet } = schema.parse(options);
    if (final && !named.startsWith('parity'))
      throw new UsageError(message`${option('final')} is for parity; leave it out`);
    const task = final ? 'parity-final' : named;
    const output = new Output();
    for (const line of taskLines(task, count, seed, length)) await output.line(line);
    await output.flush();
    if (!quiet) remark(`answers are the symbols ${TASK[task].answers}: rnn eval --only ${TASK[task].answers}`);
    return undefined;
  },
});
