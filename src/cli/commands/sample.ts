import { randomInt } from 'node:crypto';
import * as z from 'zod';
import { EXIT, message, option, UsageError } from '../../errors.ts';
import { type SampleRequest, sampleSchema } from '../../library/completion-options.ts';
import { type IndependentRequest, independentSchema } from '../../library/independent-options.ts';
import type { LanguageModel, SampledText } from '../../library/language-model.ts';
import { stringOf, type Text } from '../../library/lines.ts';
import type { PairModel } from '../../library/pair-model.ts';
import { harmless } from '../../library/words.ts';
import { defineCommand } from '../command.ts';
import { exactly } from '../completions.ts';
import { CONSTRAINT_FLAGS, CONSTRAINT_HELP, ESCAPE_HELP, withEscapes } from '../constraints.ts';
import { complain, Output, remark } from '../output.ts';
import { SampleRemarks } from '../sample-remarks.ts';
import { FLAGS, OPTIONS } from '../shared.ts';
import { isOfPairs, requireNoModel, requireNone, requireNoSources, SOURCE_FLAGS, SOURCE_OPTIONS } from '../sources.ts';

/** `rnn sample`. */
export const command = defineCommand({
  schema: sampleSchema.omit({ known: true }).extend({
    ...OPTIONS,
    ...SOURCE_OPTIONS,
    seed: z.string().optional().describe('the same seed gives the same texts (default: a random one)'),
    independent: z
      .boolean()
      .default(false)
      .describe('draw each position by itself, from its marginal: the texts are no longer wholes'),
    marginals: independentSchema.shape.marginals,
    novel: z
      .array(z.string())
      .default([])
      .describe('no text that is a line of this file, such as the training text (repeatable)'),
  }),
  flags: {
    '': {
      ...SOURCE_FLAGS,
      checkpoint: FLAGS.checkpoint,
      prefix: '-p, --prefix <text>',
      count: '-n, --count <n>',
      length: '-l, --length <n>',
      seed: '-s, --seed <seed>',
      stop: { flag: '--stop <text>', spelling: 'nonEmpty' },
      unknown: '--allow-unk',
      unique: '--unique',
      independent: '--independent',
      marginals: '--marginals <n>',
      novel: { flag: '--novel <file>', spelling: 'nonEmpty' },
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
  rnn sample --count 1000 | sort | uniq -c | sort -rn | head -3
  rnn sample --prefix "First Citizen:" --stop "\\n\\n" --top-p 0.9
  cut -f1 pairs.tsv | rnn sample --count 3 -
  rnn sample --count 20 --unique --novel names.txt --match "[A-Z][a-z]{4,6}"`,
  async run({ checkpoint, kernel, json, raw, quiet, novel = [], independent, marginals, ...given }, context) {
    requireNoModel({ ...given, checkpoint }, context);
    const { openModel } = await import('../open.ts');
    const model = await openModel({ checkpoint, kernel, quiet });
    if (isOfPairs(model)) {
      requireNone({ independent, marginals }, ['independent', 'marginals'], 'texts');
      const { sampleTargets } = await import('../sampled-targets.ts');
      const { source, sources, ...wanted } = given;
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
    if (independent) {
      requireIndependent({ ...given, ...(novel.length > 0 ? { novel } : {}) });
      const { prefix, count, length, seed = String(randomInt(2 ** 31)) } = withEscapes(given, model);
      const request = { prefix, count, length, seed, marginals };
      const remarks = new SampleRemarks(request, { given, quiet });
      return await printIndependent(model, request, { remarks, json, quiet });
    }
    if (marginals !== undefined) throw new UsageError(message`${option('marginals')} is for ${option('independent')}`);
    const request = await requestFor(model, given, novel);
    const remarks = new SampleRemarks(request, { given, quiet });
    const { known } = request;
    const output = new Output({ raw });
    const printer = new Printer(output, model, raw === true);
    const { prefix = '', count = 1 } = request;
    try {
      if (!json && model.vocabulary.stop === undefined && count === 1 && !known?.size) {
        return await printer.stream(prefix, request, remarks);
      }
      for await (const sample of model.sample(request)) {
        remarks.drawn(sample);
        if (json) await output.json(fields(sample, prefix));
        else await printer.line(prefix, sample);
      }
    } finally {
      await output.flush();
    }
    remarks.end();
    return EXIT.done;
  },
});

/** The part of the options that the library is told, with a seed. */
async function requestFor(
  model: LanguageModel | PairModel,
  given: SampleRequest & { readonly seed?: string | undefined },
  novel: readonly string[],
): Promise<SampleRequest> {
  const known =
    novel.length > 0 ? await (await import('../../library/known-lines.ts')).knownLines(novel, model) : undefined;
  return withEscapes({ ...given, known, seed: given.seed ?? String(randomInt(2 ** 31)) }, model);
}

/** UsageError for what has no meaning where each position is drawn by itself. */
function requireIndependent(given: object): void {
  const stranger = Object.entries(given).find(
    ([key, value]) => value !== undefined && !(key in independentSchema.shape) && key !== 'known',
  );
  if (stranger) {
    throw new UsageError(message`${option(stranger[0])} can’t be given with ${option('independent')}; leave one out`);
  }
}

/** Prints texts whose positions are drawn by themselves. Returns the exit status. */
async function printIndependent(
  model: LanguageModel,
  request: IndependentRequest,
  { remarks, json, quiet }: { remarks: SampleRemarks; json: boolean | undefined; quiet: boolean | undefined },
): Promise<number> {
  const { sampleIndependently } = await import('../../library/independent.ts');
  const { texts, missing } = await sampleIndependently(model, request);
  remarks.begin();
  const output = new Output();
  const printer = new Printer(output, model, false);
  const { prefix = '' } = request;
  for (const { text, completion, ids } of texts) {
    if (json) await output.json({ text, prefix: stringOf(prefix), completion, symbols: ids.length });
    else await printer.line(prefix, { ids, completion });
  }
  await output.flush();
  if (!quiet) {
    remark(
      request.marginals === undefined
        ? `exact marginals, but for texts whose probabilities add up to ${missing.toExponential(1)}`
        : `marginals counted among ${request.marginals} texts`,
    );
  }
  return EXIT.done;
}

function fields({ text, completion, stopped, logProbability, ids, bytes, exact }: SampledText, prefix: Text): object {
  const texts = { text, prefix: stringOf(prefix), completion };
  return { ...texts, stopped, logProbability, symbols: ids.length, exact, ...exactly(bytes) };
}

/**
 * Prints texts. A terminal gets them without the control characters that it would obey. Elsewhere the symbols of a model of bytes are
 * printed as they are, UTF-8 or not.
 */
class Printer {
  readonly #output: Output;
  readonly #model: LanguageModel;
  readonly #safe: boolean;

  constructor(output: Output, model: LanguageModel, raw: boolean) {
    this.#output = output;
    this.#model = model;
    this.#safe = output.terminal && !raw;
  }

  async line(prefix: Text, { ids, completion }: Pick<SampledText, 'ids' | 'completion'>): Promise<void> {
    await this.#write(prefix);
    await this.#write(this.#isExact ? this.#model.vocabulary.decodeBytes(ids) : completion);
    await this.#write('\n');
  }

  /** Prints a text as it is drawn. Returns the exit status. */
  async stream(prefix: Text, request: SampleRequest, remarks: SampleRemarks): Promise<number> {
    const pieces = this.#isExact ? this.#model.streamBytes(request) : this.#model.stream(request);
    let last: string | Uint8Array = prefix;
    let next = await pieces.next();
    remarks.begin();
    await this.#write(prefix);
    for (; !next.done; next = await pieces.next()) {
      last = next.value;
      await this.#write(last);
    }
    if (this.#output.terminal && !String(last).endsWith('\n')) await this.#write('\n');
    await this.#output.flush();
    remarks.drawn(next.value);
    remarks.end();
    if (next.value.met) return EXIT.done;
    complain('the text ended before it met the constraints: --no-repeat left no symbol to go on with; use a larger n');
    return EXIT.failed;
  }

  get #isExact(): boolean {
    return this.#model.vocabulary.unit === 'byte' && !this.#safe;
  }

  async #write(piece: Text): Promise<void> {
    await this.#output.write(this.#safe && typeof piece === 'string' ? harmless(piece) : piece);
  }
}
