import * as z from 'zod';
import { counted, grouped } from '../../counts.ts';
import { message, option, UsageError } from '../../errors.ts';
import type { EvaluationResult } from '../../library/evaluate.ts';
import { dynamicSchema, evaluationSchema, pairEvaluationSchema } from '../../library/evaluation-options.ts';
import { ngramSchema } from '../../library/ngram-options.ts';
import type { NgramComparison } from '../../library/ngrams.ts';
import { lossText, shareText } from '../../library/words.ts';
import { defineCommand } from '../command.ts';
import { readEscapes } from '../constraints.ts';
import { Output, sayer } from '../output.ts';
import { evaluatePairFiles } from '../pair-evaluation.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { requireOneOf } from '../sources.ts';
import { textsOf } from '../standard-input.ts';
import { countCell, namedFacts, titled } from '../tables.ts';

/** `rnn eval`. */
export const command = defineCommand({
  schema: z.strictObject({
    ...evaluationSchema.shape,
    text: z
      .array(z.string())
      .optional()
      .describe('text files, read one after the other; - is standard input, which is read if no text is given'),
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
    k: pairEvaluationSchema.shape.k
      .unwrap()
      .optional()
      .describe(pairEvaluationSchema.shape.k.description ?? ''),
    length: pairEvaluationSchema.shape.length,
    columns: pairEvaluationSchema.shape.columns,
    predictions: z
      .string()
      .optional()
      .describe(
        'measure the predictions of this file (source, tab, target), not those of the model; - is standard input',
      ),
    confusion: z.boolean().default(false).describe('of a classifier: print its confusion matrix alone, as TSV'),
    json: OPTIONS.json.describe('print JSON'),
    quiet: OPTIONS.quiet,
  }),
  flags: {
    '': {
      text: { flag: '[text...]', spelling: 'nonEmpty' },
      checkpoint: FLAGS.checkpoint,
      part: '--part <part>',
      only: '--only <symbols>',
      dynamic: '--dynamic',
      'learning.rate': '--dynamic-lr <x>',
      'learning.steps': '--dynamic-steps <n>',
      'learning.decay': '--dynamic-decay <x>',
      ngrams: { flag: '--ngrams <n>', spelling: 'lengths' },
      training: { flag: '--ngrams-from <file>', spelling: 'nonEmpty' },
      k: '--k <n>',
      length: '--length <n>',
      columns: { flag: '--columns <source,target>', spelling: 'columns' },
      predictions: { flag: '--predictions <file>', spelling: 'nonEmpty' },
      confusion: '--confusion',
      threads: '--threads <n>',
      kernel: FLAGS.kernel,
      json: FLAGS.json,
      quiet: FLAGS.quiet,
    },
  },
  help: `
A stream is read from its first symbol to its last, and its state is carried all
the way. A model of lines reads each line by itself. Printed are the mean loss
in nats a symbol, the same in bits, the perplexity e^loss, and the share of
symbols that the model thought the likeliest. A symbol that the model does not
know is left out of the text, and the result says how many there were.

For the part that a run held out, the loss that training printed is shown too.
Training reads the part of a stream in several rows side by side, each from the
state 0. Here it is read in one row, so the loss is a little smaller.

In --only, \\n \\t \\r \\\\ \\xHH and \\u{...} are escapes. A text whose line ends are
not the model's is read with those of the model, and a remark says so.

A model of pairs reads lines of source, tab, target. Printed are its loss and,
of a model that transduces, how many sources get a target that is right, symbol
for symbol, and the symbol error rate; of one that tags, how many tags and
sequences are right; of one that classifies, the confusion matrix, and
precision, recall and F1 of each label. A line that can't be read is named and
left out. Where a source has several targets, any of them is right.

The symbol error rate is the number of edits that turn the predictions into the
targets (insertions, deletions, replacements), divided by the number of symbols
of the targets. It is above 100 % where predictions are much too long.

--predictions measures what another program predicts for the sources of the
pairs, in any order. The model then only says what the task is and how columns
are read. A source without a prediction counts as wrong.

--ngrams prints the loss of interpolated n-gram models (modified Kneser-Ney)
beside the network's, and what the network's errors are. They learn from the
training part of the text, where another --part is measured, or from the text
that --ngrams-from names.

Examples:
  rnn eval other.txt
  rnn eval book.txt --part validation
  rnn eval book.txt --part validation --dynamic
  rnn eval book.txt --part validation --ngrams 1-12
  rnn eval pairs.tsv --k 5
  cut -f1 pairs.tsv | other-program | rnn eval pairs.tsv --predictions -
  rnn eval other.txt --json | jq .bits
  rnn corpus addition --length 64 | rnn eval - --only 01`,
  async run({ text: named, checkpoint, confusion = false, json = false, quiet, ...options }, { nameOf }) {
    requireOneOf({ confusion, json }, ['confusion', 'json']);
    const text = textsOf(named, 'text');
    const { openSavedFor } = await import('../open.ts');
    const saved = await openSavedFor(text, { checkpoint, quiet });
    const { dynamic, learning = {}, ngrams, training, k, length, columns, predictions, ...request } = options;
    const learningOptions = Object.fromEntries(
      Object.entries(learning).map(([key, value]) => [`learning.${key}`, value]),
    );
    if (saved.kind === 'pairs') {
      const { only, threads, part, kernel } = request;
      refuse(
        { only, dynamic, ...learningOptions, ngrams, training, threads },
        `a model of texts, and ${saved.name} is one of pairs`,
      );
      if (saved.task !== 'classify') refuse({ confusion }, `the task classify, and ${saved.name} is to ${saved.task}`);
      if (saved.task !== 'transduce')
        refuse({ k, length }, `the task transduce, and ${saved.name} is to ${saved.task}`);
      if (predictions !== undefined) refuse({ k, length, part, kernel }, 'the predictions of the model itself');
      const pairRequest = { part, kernel, k, length, columns };
      return await evaluatePairFiles(saved, { text, request: pairRequest, predictions, confusion, json, nameOf });
    }
    refuse({ k, length, columns, predictions, confusion }, `a model of pairs, and ${saved.name} is one of texts`);
    if (!dynamic) refuse(learningOptions, '--dynamic');
    if (ngrams) refuse({ ...request, part: undefined, dynamic }, 'a measurement without --ngrams');
    else refuse({ training }, '--ngrams');
    const { LanguageModel } = await import('../../library/language-model.ts');
    const model = new LanguageModel(saved.checkpoint, saved.name);
    if (ngrams) {
      const { part } = request;
      const output = new Output();
      const { compareNgrams } = await import('../../library/ngrams.ts');
      const found = await compareNgrams(model, text, { orders: ngrams, training, part });
      await (json ? output.json(found) : output.line(comparisonInWords(found)));
      await output.flush();
      return undefined;
    }
    const { evaluate } = await import('../../library/evaluate.ts');
    const { unit } = model.vocabulary;
    const only = request.only === undefined ? undefined : readEscapes('only', request.only, unit);
    const say = sayer(quiet === true, nameOf);
    const result = await evaluate(model, text, { ...request, only, dynamic: dynamic ? learning : undefined }, say);
    const output = new Output();
    const inRows = model.vocabulary.stop === undefined ? ', read in several rows that each start from the state 0' : '';
    await (json ? output.json(result) : output.line(inWords(result, inRows)));
    await output.flush();
    return undefined;
  },
});

/** UsageError for an option that is given and does not fit the model. */
function refuse(given: Readonly<Record<string, unknown>>, why: string): void {
  const key = Object.keys(given).find((each) => given[each] !== undefined && given[each] !== false);
  if (key !== undefined) throw new UsageError(message`${option(key)} is for ${why}; leave it out`);
}

/** The network beside n-gram models, and what its errors are. */
function comparisonInWords({ symbols, network, orders, errors, learned }: NgramComparison): string {
  const models = [...orders.map(({ order, loss }) => [`${order}-gram`, loss] as const), ['network', network] as const];
  const rows = models.map(([name, loss]) => [name, loss.toFixed(4), (loss / Math.LN2).toFixed(3)]);
  const classes = errors.map(({ name, count, share, ofLoss }) => [
    name,
    countCell(count),
    `${(100 * share).toFixed(1)} %`,
    `${(100 * ofLoss).toFixed(1)} %`,
  ]);
  const title = `Loss on ${grouped(symbols)} symbols${learned ? ', which the network alone has learned' : ''}`;
  return [
    titled({ title, header: ['model', 'nats', 'bits'], rows }),
    titled({
      title: 'Errors of the network: symbols to which it gave less than half of the probability',
      header: ['class', 'errors', 'of all errors', 'of the loss'],
      rows: classes,
    }),
  ].join('\n\n');
}

/** The most symbols that were left out that are named. */
const NAMED = 5;

/** What was measured. `inRows` says how training read the part, where it read the part in another way. */
function inWords(
  { symbols, loss, perplexity, accuracy, leftOut, trainingLoss, learned }: EvaluationResult,
  inRows: string,
): string {
  return namedFacts([
    ['symbols', countCell(symbols)],
    ...(leftOut ? [['left out', leftOutText(leftOut)] as const] : []),
    ['loss', `${lossText(loss)} a symbol`],
    ...(learned
      ? [
          [
            'learned',
            'the model has learned this part since it was validated, so its loss on other text is larger',
          ] as const,
        ]
      : []),
    ...(trainingLoss === undefined ? [] : [['in training', `${lossText(trainingLoss)} a symbol${inRows}`] as const]),
    ['perplexity', perplexity.toFixed(3)],
    ['accuracy', shareText(accuracy)],
  ]);
}

function leftOutText({ count, symbols }: NonNullable<EvaluationResult['leftOut']>): string {
  const named = symbols.slice(0, NAMED).join(', ');
  const more = symbols.length > NAMED ? ` and ${grouped(symbols.length - NAMED)} others` : '';
  return `${counted(count, 'symbol')} that the model does not know: ${named}${more}`;
}
