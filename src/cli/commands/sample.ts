import { randomInt } from 'node:crypto';
import * as z from 'zod';
import { counted } from '../../counts.ts';
import { EXIT, message, option, UsageError } from '../../errors.ts';
import { type SampleRequest, sampleSchema } from '../../library/completion-options.ts';
import { type IndependentRequest, independentSchema } from '../../library/independent-options.ts';
import type { LanguageModel } from '../../library/language-model.ts';
import { stringOf, type Text } from '../../library/lines.ts';
import type { PairModel } from '../../library/pair-model.ts';
import { defineCommand } from '../command.ts';
import { CONSTRAINT_FLAGS, CONSTRAINT_HELP, ESCAPE_HELP, withEscapes } from '../constraints.ts';
import { remark } from '../output.ts';
import { PROMPT_FLAGS, PROMPT_OPTIONS, readPrompt } from '../prompts.ts';
import { SampleRemarks } from '../sample-remarks.ts';
import { sampleFields } from '../sampled-texts.ts';
import { namedSeparator, SEPARATOR_FLAGS, SEPARATOR_OPTIONS } from '../separator.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import {
  isOfPairs,
  requireNoModel,
  requireNone,
  requireNoSources,
  requireOneOf,
  requireWith,
  SOURCE_FLAGS,
  SOURCE_OPTIONS,
} from '../sources.ts';
import { TextPrinter, type TextPrinting } from '../text-printer.ts';

/** `rnn sample`. */
export const command = defineCommand({
  schema: sampleSchema.omit({ known: true }).extend({
    ...OPTIONS,
    ...SOURCE_OPTIONS,
    ...SEPARATOR_OPTIONS,
    ...PROMPT_OPTIONS,
    seed: z.string().optional().describe('the same seed gives the same texts (default: a random one)'),
    independent: z
      .boolean()
      .default(false)
      .describe('draw each position by itself, from its marginal: the texts are no longer wholes'),
    marginals: independentSchema.shape.marginals,
    novel: z
      .array(z.string())
      .default([])
      .describe('no text that is one of this file, such as the training text (repeatable)'),
  }),
  flags: {
    '': {
      ...SOURCE_FLAGS,
      checkpoint: FLAGS.checkpoint,
      prefix: '-p, --prefix <text>',
      ...PROMPT_FLAGS,
      count: '-n, --count <n>',
      length: '-l, --length <n>',
      seed: '-s, --seed <seed>',
      stop: { flag: '--stop <text>', spelling: 'nonEmpty' },
      unknown: '--allow-unk',
      unique: '--unique',
      independent: '--independent',
      marginals: '--marginals <n>',
      novel: { flag: '--novel <file>', spelling: 'nonEmpty' },
      ...SEPARATOR_FLAGS,
      kernel: FLAGS.hiddenKernel,
      json: FLAGS.json,
      raw: FLAGS.raw,
      quiet: FLAGS.quiet,
    },
    'What may be drawn, narrowed in this order:': {
      repetitionPenalty: '--repetition-penalty <x>',
      repetitionWindow: '--repetition-window <n>',
      temperature: '-t, --temperature <x>',
      topK: '--top-k <n>',
      topP: '--top-p <x>',
      minP: '--min-p <x>',
      typical: '--typical <x>',
    },
    ...CONSTRAINT_FLAGS,
  },
  help: `
A model of lines prints a line for each text, and ends it at its <stop>. A model
of a stream writes --length symbols, each as it is drawn. --stop may be given
several times. Under constraints, a text is as likely as it is among the texts
without them that meet them, and is printed when it is complete. Where they are
met too seldom, texts are drawn by looking ahead, and a remark says so.

Texts of several lines are separated as those of the training text are, or by
an empty line where it had a file for each; --separator and -0 name another
separator, for --novel, too.

With --prefix-file, prints for each line, in order: the prefix and --count
texts, separated by tabs; with --json, an object. A line that the model can't
read is named on standard error and gets no texts; the exit status is then 1.
With --prompt-file, texts begin with the whole file.

A model of pairs draws targets: --count for --source, or for each line of a file
or of standard input, where it prints source, tab, target. --prefix is what
every target begins with. The labels of a tagger or a classifier are drawn each
by itself.

${ESCAPE_HELP}
${CONSTRAINT_HELP}

A model of bytes reads and writes bytes as they are, UTF-8 or not: as symbols,
in files, and in a pipe. With --json, base64 has all bytes of a text.

Examples:
  rnn sample --length 500 --temperature 0.8
  rnn sample --prefix d --count 10 --seed 1
  rnn sample --count 10 --independent           each position from its marginal
  rnn sample --count 3 -0 | xargs -0 -n 1 echo  texts of several lines
  rnn sample --prompt-file start.txt
  cut -f1 list | rnn sample --count 3 --prefix-file -
  rnn sample --count 1000 | sort | uniq -c | sort -rn | head -3
  rnn sample --prefix "First Citizen:" --stop "\\n\\n" --top-p 0.9
  cut -f1 pairs.tsv | rnn sample --count 3 -
  rnn sample --count 20 --unique --novel names.txt --match "[A-Z][a-z]{4,6}"`,
  async run({ checkpoint, kernel, json = false, raw = false, quiet = false, novel = [], ...given }, context) {
    requireNoModel({ ...given, checkpoint }, context);
    requireWith(given, 'repetitionWindow', 'repetitionPenalty');
    requireOneOf({ raw, json }, ['raw', 'json']);
    if (novel.length === 0) {
      // Texts as JSON, and those of a prefix, are lines.
      for (const key of ['separator', 'nul'])
        for (const lines of ['json', 'prefixFile']) requireOneOf({ json, ...given }, [key, lines]);
    }
    const { openModel } = await import('../open.ts');
    const model = await openModel({ checkpoint, kernel, quiet });
    const { independent, marginals, separator: named, nul, prefixFile, promptFile, ...rest } = given;
    if (isOfPairs(model)) {
      const ofTexts = ['independent', 'marginals', 'separator', 'nul', 'prefixFile', 'promptFile'];
      requireNone(given, ofTexts, 'texts');
      const { sampleTargets } = await import('../sampled-targets.ts');
      const { source, sources, ...wanted } = rest;
      const request = await requestFor(model, wanted, novel);
      const remarks = new SampleRemarks(request, { given, quiet });
      return await sampleTargets(model, {
        source,
        sources,
        request,
        remarks,
        json,
        raw,
        quiet,
        nameOf: context.nameOf,
      });
    }
    requireNoSources(given, context);
    requireOneOf(given, ['prefix', 'prefixFile', 'promptFile']);
    const separator = namedSeparator({ separator: named, nul }, model.vocabulary.unit);
    const printing = { raw, separator };
    if (independent) {
      requireIndependent({ ...rest, prefixFile, ...(novel.length > 0 ? { novel } : {}) });
      const { count, length, seed = String(randomInt(2 ** 31)) } = rest;
      const prefix = promptFile === undefined ? withEscapes(rest, model).prefix : await readPrompt(promptFile, model);
      const request = { prefix, count, length, seed, marginals };
      const remarks = new SampleRemarks(request, { given, quiet });
      return await printIndependent(model, request, { ...printing, remarks, json, quiet });
    }
    requireWith(given, 'marginals', 'independent');
    const request = await requestFor(model, rest, novel, separator);
    const remarks = new SampleRemarks(request, { given, quiet });
    if (prefixFile !== undefined) {
      const { sampleEach } = await import('../sampled-texts.ts');
      return await sampleEach(model, { file: prefixFile, request, remarks, json, raw, nameOf: context.nameOf });
    }
    const prompt = promptFile === undefined ? {} : { prefix: await readPrompt(promptFile, model) };
    return await printTexts(model, { ...request, ...prompt }, { ...printing, remarks, json });
  },
});

/** Draws texts and prints them. Returns the exit status. */
async function printTexts(
  model: LanguageModel,
  request: SampleRequest,
  { json, remarks, ...printing }: TextPrinting & { readonly json: boolean; readonly remarks: SampleRemarks },
): Promise<number> {
  const { prefix = '', count = 1, known } = request;
  const printer = new TextPrinter(model, printing);
  try {
    if (!json && model.vocabulary.stop === undefined && count === 1 && !known?.size) {
      return await printer.stream(prefix, request, remarks);
    }
    for await (const sample of model.sample(request)) {
      remarks.drawn(sample);
      if (json) await printer.output.json(sampleFields(sample, prefix));
      else await printer.text(prefix, sample);
    }
  } finally {
    await printer.end();
  }
  remarks.end();
  return EXIT.done;
}

/** The part of the options that the library is told, with a seed. */
async function requestFor(
  model: LanguageModel | PairModel,
  given: SampleRequest & { readonly seed?: string | undefined },
  novel: readonly string[],
  separator?: Text | undefined,
): Promise<SampleRequest> {
  const known = novel.length > 0 ? await knownTexts(novel, model, separator) : undefined;
  return withEscapes({ ...given, known, seed: given.seed ?? String(randomInt(2 ** 31)) }, model);
}

async function knownTexts(novel: readonly string[], model: LanguageModel | PairModel, separator: Text | undefined) {
  const { knownLines } = await import('../../library/known-lines.ts');
  return await knownLines(novel, model, separator);
}

/** UsageError for what has no meaning where each position is drawn by itself. */
function requireIndependent(given: object): void {
  const stranger = Object.entries(given).find(
    ([key, value]) => value !== undefined && !(key in independentSchema.shape) && key !== 'known',
  );
  if (stranger) {
    throw new UsageError(message`${option(stranger[0])} can't be given with ${option('independent')}; leave one out`);
  }
}

interface IndependentPrinting extends TextPrinting {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly remarks: SampleRemarks;
}

/** Prints texts whose positions are drawn by themselves. Returns the exit status. */
async function printIndependent(
  model: LanguageModel,
  request: IndependentRequest,
  { json, quiet, remarks, ...printing }: IndependentPrinting,
): Promise<number> {
  const { sampleIndependently } = await import('../../library/independent.ts');
  const { texts, missing } = await sampleIndependently(model, request);
  remarks.begin();
  const printer = new TextPrinter(model, printing);
  const { prefix = '' } = request;
  for (const { text, completion, ids } of texts) {
    if (json) await printer.output.json({ text, prefix: stringOf(prefix), completion, symbols: ids.length });
    else await printer.text(prefix, { ids, text });
  }
  await printer.end();
  if (!quiet) {
    remark(
      request.marginals === undefined
        ? `exact marginals, but for texts whose probabilities add up to ${missing.toExponential(1)}`
        : `marginals counted among ${counted(request.marginals, 'text')}`,
    );
  }
  return EXIT.done;
}
