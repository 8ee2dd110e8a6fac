import * as z from 'zod';
import { counted } from '../../counts.ts';
import { EXIT, message, option, UsageError } from '../../errors.ts';
import { scoreSchema } from '../../library/completion-options.ts';
import { pairEvaluationSchema } from '../../library/evaluation-options.ts';
import type { LanguageModel, Score } from '../../library/language-model.ts';
import { LINE, readTexts, readWhole, requireOneStandardInput, stringOf, type Text } from '../../library/lines.ts';
import type { PairModel } from '../../library/pair-model.ts';
import { defineCommand } from '../command.ts';
import { exactly } from '../completions.ts';
import { complain, Output, paint, remark } from '../output.ts';
import { namedSeparator, SEPARATOR_FLAGS, SEPARATOR_OPTIONS } from '../separator.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { filesOf, isOfPairs, requireNone, requireOneOf } from '../sources.ts';
import { coloured, legend } from '../surprisal.ts';
import { printColumns } from '../targets.ts';

const schema = scoreSchema.extend({
  ...OPTIONS,
  ...SEPARATOR_OPTIONS,
  files: z.array(z.string()).default([]).describe('texts; - is standard input, which is read if no text is given'),
  columns: pairEvaluationSchema.shape.columns,
  perChar: z
    .boolean()
    .default(false)
    .describe('print the surprisal of every symbol, in bits; a terminal shows it by colours'),
  nats: z.boolean().default(false).describe('print nats in place of bits'),
  rank: z
    .enum(['logp', 'bits'])
    .optional()
    .describe('print the likeliest lines first, by the log-probability of the line, or by its bits per character'),
});
type ScoreCommandOptions = z.input<typeof schema>;

/** `rnn score`. */
export const command = defineCommand({
  schema,
  flags: {
    '': {
      files: { flag: '[files...]', spelling: 'nonEmpty' },
      checkpoint: FLAGS.checkpoint,
      columns: { flag: '--columns <source,target>', spelling: 'columns' },
      whole: '--whole',
      ...SEPARATOR_FLAGS,
      perChar: '--per-char',
      nats: '--nats',
      rank: { flag: '--rank [by]', preset: 'logp' },
      kernel: FLAGS.hiddenKernel,
      json: FLAGS.json,
      raw: FLAGS.raw,
      quiet: FLAGS.quiet,
    },
  },
  help: `
Prints for each line, separated by tabs: its log-probability in nats, its bits
per character, and the line. The end of a line counts as a character: it is
<stop>, or, in a model of a stream, the newline. Every line is read from the
model's first state, and by a model of a stream after a newline. A model that
learned from examples with another separator, or from a file each, scores such
texts in place of lines; --separator and -0 name another separator.

With --whole, each file is scored as one text, and its name is printed in place
of the line.

A model of pairs reads lines of source, tab, target. It prints the
log-probability of the target given the source, the bits per symbol of the
target, and the pair.

--per-char prints, separated by tabs: line, place in it, symbol, bits. --nats
prints nats in place of bits: one nat is 1.443 bits. Colours go by bits.

A line with a character that the model doesn't know is named on standard error
and has the log-probability -inf; the exit status is then 1. Where the model has
<unk>, the character is scored as <unk>, and a remark says how many there were.

Examples:
  rnn score names.txt | sort -g | head -3          the least likely
  rnn sample --count 100 | rnn score --rank | head
  rnn score --whole a.txt b.txt
  rnn score -c ice.json pairs.tsv --rank
  echo "machine" | rnn score --per-char
  rnn score log.txt | awk -F'\\t' '$2 > 4' | cut -f3  the surprising lines`,
  async run(options, { nameOf }) {
    requireOneOf(options, ['raw', 'json']);
    const { files = ['-'], columns, whole, rank, quiet } = options;
    requireOneStandardInput(files);
    const { openModel } = await import('../open.ts');
    const model = await openModel(options);
    if (isOfPairs(model)) requireNone(options, ['whole', 'separator', 'nul'], 'texts');
    else requireNone({ columns }, ['columns'], 'pairs');
    const separator = namedSeparator(options, model.vocabulary.unit);
    if (whole && separator !== undefined) {
      throw new UsageError(message`${option('whole')} and a separator can't both be given; leave one out`);
    }
    const output = new Output(options);
    const print = printer(options, model, output);
    const ranked: Scored[] = [];
    let status: number = EXIT.done;
    let unknown = 0;
    for await (const batch of whole && !isOfPairs(model)
      ? wholeTexts(files, model)
      : texts(files, model, { columns, separator, mostBytes: rank === undefined ? undefined : MOST_RANKED_BYTES })) {
      for (const each of batch) {
        const { problem } = each.score;
        if (problem) {
          complain(`${each.name}: ${problem.messageWith(nameOf)}`);
          status = EXIT.failed;
        }
        unknown += each.score.unknown;
        if (rank === undefined) await print(each);
        else ranked.push(each);
      }
      await output.flush();
    }
    for (const each of ranked.sort(byLikelihood(rank))) await print(each);
    await output.flush();
    if (unknown > 0 && !quiet) remark(`${counted(unknown, 'symbol')} outside the vocabulary, scored as <unk>`);
    return status;
  },
});

/** A text that was scored. Its name is the number of its line, or the name of its file. */
interface Scored {
  readonly name: string;
  /** The same in a column of lines: the number alone, where there is one file. */
  readonly column: string;
  readonly text: Text;
  readonly score: Score;
}

/** The most bytes of a file whose lines are all held until they are ranked. */
const MOST_RANKED_BYTES = 1 << 28;

async function* texts(
  files: readonly string[],
  model: LanguageModel | PairModel,
  {
    columns,
    separator: named,
    mostBytes,
  }: Pick<ScoreCommandOptions, 'columns'> & { separator: Text | undefined; mostBytes: number | undefined },
): AsyncGenerator<readonly Scored[]> {
  const { convert, separator } = { ...filesOf(model), ...(named !== undefined && { separator: named }) };
  const what = separator === LINE ? 'line' : 'text';
  for (const file of files) {
    for await (const batch of readTexts(file, { convert, separator, mostBytes })) {
      const texts = batch.map(({ text }) => text);
      const scores = isOfPairs(model) ? model.scoreLines(texts, columns) : model.scores(texts);
      yield batch.map(({ number, text }, index) => {
        const name = files.length > 1 ? `${file}: ${what} ${number}` : `${what} ${number}`;
        return { name, column: files.length > 1 ? name : String(number), text, score: scores[index]! };
      });
    }
  }
}

async function* wholeTexts(files: readonly string[], model: LanguageModel): AsyncGenerator<readonly Scored[]> {
  for (const file of files) {
    const [score] = model.scores([await readWhole(file, filesOf(model))], { whole: true });
    yield [{ name: file, column: file, text: file, score: score! }];
  }
}

/** Prints the score of a text as the options say. */
function printer(
  { json, perChar, raw, nats: inNats = false }: ScoreCommandOptions,
  model: LanguageModel | PairModel,
  output: Output,
): (each: Scored) => Promise<void> {
  const { vocabulary } = model;
  const unit = inNats ? 1 : Math.LN2; // what is printed, in nats
  const surprisals = ({ losses }: Score, of = unit) => Array.from(losses, (nats) => nats / of);
  const perCharacter = ({ bitsPerCharacter }: Score) => (inNats ? bitsPerCharacter * Math.LN2 : bitsPerCharacter);
  if (json) {
    return async ({ name, text, score }) => {
      const { logProbability, ids, unknown } = score;
      const mean = { [inNats ? 'natsPerCharacter' : 'bitsPerCharacter']: perCharacter(score) };
      const each = perChar ? { surprisals: surprisals(score) } : {};
      // JSON has no infinity: null stands for it.
      await output.json({
        name,
        text: stringOf(text),
        logProbability,
        ...mean,
        symbols: ids.length,
        unknown,
        ...each,
        ...exactly(text),
      });
    };
  }
  if (!perChar) {
    return async ({ text, score }) => {
      const numbers = [fixed(score.logProbability), fixed(perCharacter(score))];
      // A pair is printed as it is: the tab stands between its source and its target.
      if (isOfPairs(model)) await printColumns(output, [...numbers, text]);
      else await output.line([...numbers, output.field(text)].join('\t'));
    };
  }
  if (output.terminal && paint.level > 0) {
    let isFirst = true;
    return async ({ score }) => {
      if (isFirst) await output.line(legend());
      isFirst = false;
      await output.write(coloured(score.ids, surprisals(score, Math.LN2), vocabulary, raw === true));
    };
  }
  return async ({ column, score }) => {
    const each = surprisals(score);
    for (const [at, id] of Array.from(score.ids).entries()) {
      await output.line([output.field(column), at + 1, vocabulary.label(id), each[at]!.toFixed(3)].join('\t'));
    }
  };
}

/** Most to least likely; of equally likely texts, the one that came first. */
function byLikelihood(by: ScoreCommandOptions['rank']): (a: Scored, b: Scored) => number {
  const goodness = ({ score }: Scored) => (by === 'bits' ? -score.bitsPerCharacter : score.logProbability);
  return (a, b) => {
    const [first, second] = [goodness(a), goodness(b)];
    return first === second ? 0 : second - first;
  };
}

/** As `sort -g` reads it. */
function fixed(value: number): string {
  if (Number.isFinite(value)) return value.toFixed(4);
  return value > 0 ? 'inf' : '-inf';
}
