import * as z from 'zod';
import type { EvaluationResult } from '../../library/evaluate.ts';
import { dynamicSchema, evaluationSchema } from '../../library/evaluation-options.ts';
import { grouped } from '../../library/words.ts';
import { defineCommand } from '../command.ts';
import { Output } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { table } from '../tables.ts';
import { lossText } from '../text.ts';

/** `rnn eval`. */
export const command = defineCommand({
  schema: z.strictObject({
    ...evaluationSchema.shape,
    text: z.array(z.string()).describe('text files, read one after the other; - is standard input'),
    checkpoint: OPTIONS.checkpoint,
    dynamic: z
      .boolean()
      .default(false)
      .describe('let the model keep learning as it reads; the checkpoint stays as it is'),
    learning: dynamicSchema.prefault({}),
    json: OPTIONS.json.describe('print JSON'),
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': {
      text: { flag: '<text...>', spelling: 'nonEmpty' },
      checkpoint: FLAGS.checkpoint,
      part: '--part <part>',
      only: '--only <symbols>',
      dynamic: '--dynamic',
      'learning.rate': '--dynamic-lr <x>',
      'learning.steps': '--dynamic-steps <n>',
      'learning.decay': '--dynamic-decay <x>',
      threads: '--threads <n>',
      kernel: FLAGS.kernel,
      json: FLAGS.json,
      quiet: FLAGS.quiet,
    },
  },
  help: `
A stream is read from its first symbol to its last, and its state is carried all the
way. A model of lines reads each line by itself. Printed are the mean loss in nats a
symbol, the same in bits, the perplexity e^loss, and the share of symbols that the
model thought the likeliest.

Examples:
  rnn eval other.txt
  rnn eval book.txt --part validation
  rnn eval book.txt --part test --dynamic
  rnn eval other.txt --json | jq .bits
  rnn corpus addition --length 64 | rnn eval - --only 01`,
  async run({ text, checkpoint, dynamic, learning = {}, json, quiet, ...request }) {
    const [{ open }, { evaluate }] = await Promise.all([import('../open.ts'), import('../../library/evaluate.ts')]);
    const model = open({ checkpoint, quiet });
    const result = await evaluate(model, text, { ...request, dynamic: dynamic ? learning : undefined });
    const output = new Output();
    await output.line(json ? JSON.stringify(result) : inWords(result));
    await output.flush();
    return undefined;
  },
});

function inWords({ symbols, loss, perplexity, accuracy }: EvaluationResult): string {
  return table([
    ['symbols', grouped(symbols)],
    ['loss', `${lossText(loss)} a symbol`],
    ['perplexity', perplexity.toFixed(3)],
    ['accuracy', `${(100 * accuracy).toFixed(2)} %`],
  ]);
}
