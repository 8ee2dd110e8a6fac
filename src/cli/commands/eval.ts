import * as z from 'zod';
import type { EvaluationResult } from '../../library/evaluate.ts';
import { dynamicSchema, evaluationSchema } from '../../library/evaluation-options.ts';
import { ngramSchema } from '../../library/ngram-options.ts';
import type { NgramComparison } from '../../library/ngrams.ts';
import { grouped } from '../../library/words.ts';
import { defineCommand } from '../command.ts';
import { Output } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { table, titled } from '../tables.ts';
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
    ngrams: ngramSchema.shape.orders
      .unwrap()
      .optional()
      .describe(ngramSchema.shape.orders.description ?? ''),
    training: ngramSchema.shape.training,
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
      ngrams: { flag: '--ngrams <n>', spelling: 'lengths' },
      training: { flag: '--ngrams-from <file>', spelling: 'nonEmpty' },
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

--ngrams prints the loss of interpolated n-gram models (modified Kneser-Ney) beside the
network's, and what the network's errors are. They learn from the training part of the
text, where another --part is measured, or from the text that --ngrams-from names.

Examples:
  rnn eval book.txt --part validation --ngrams 1-12
  rnn eval other.txt
  rnn eval book.txt --part validation
  rnn eval book.txt --part test --dynamic
  rnn eval other.txt --json | jq .bits
  rnn corpus addition --length 64 | rnn eval - --only 01`,
  async run({ text, checkpoint, dynamic, learning = {}, ngrams, training = [], json, quiet, ...request }) {
    const { openFor } = await import('../open.ts');
    const model = await openFor(text, { checkpoint, quiet });
    if (ngrams) {
      const { part } = request;
      const output = new Output();
      const { compareNgrams } = await import('../../library/ngrams.ts');
      const found = await compareNgrams(model, text, { orders: ngrams, training: [...training], part });
      await output.line(json ? JSON.stringify(found) : comparisonInWords(found));
      await output.flush();
      return undefined;
    }
    const { evaluate } = await import('../../library/evaluate.ts');
    const result = await evaluate(model, text, { ...request, dynamic: dynamic ? learning : undefined });
    const output = new Output();
    await output.line(json ? JSON.stringify(result) : inWords(result));
    await output.flush();
    return undefined;
  },
});

/** The network beside n-gram models, and what its errors are. */
function comparisonInWords({ symbols, network, orders, errors }: NgramComparison): string {
  const models = [...orders.map(({ order, loss }) => [`${order}-gram`, loss] as const), ['network', network] as const];
  const rows = models.map(([name, loss]) => [name, loss.toFixed(4), (loss / Math.LN2).toFixed(3)]);
  const classes = errors.map(({ name, count, share, ofLoss }) => [
    name,
    grouped(count),
    `${(100 * share).toFixed(1)} %`,
    `${(100 * ofLoss).toFixed(1)} %`,
  ]);
  const title = `Loss on ${grouped(symbols)} symbols`;
  return [
    titled({ title, header: ['model', 'nats', 'bits'], rows }),
    titled({
      title: 'Errors of the network: symbols to which it gave less than half of the probability',
      header: ['class', 'errors', 'of all errors', 'of the loss'],
      rows: classes,
    }),
  ].join('\n\n');
}

function inWords({ symbols, loss, perplexity, accuracy }: EvaluationResult): string {
  return table([
    ['symbols', grouped(symbols)],
    ['loss', `${lossText(loss)} a symbol`],
    ['perplexity', perplexity.toFixed(3)],
    ['accuracy', `${(100 * accuracy).toFixed(2)} %`],
  ]);
}
