import * as z from 'zod';
import { EXIT, message, option, UsageError, UserError } from '../errors.ts';
import { type BeamRequest, beamSchema } from '../library/completion-options.ts';
import type { LanguageModel, SearchStep } from '../library/language-model.ts';
import { readLines, stringOf, type Text } from '../library/lines.ts';
import type { Context } from './command.ts';
import {
  aligned,
  type Completion,
  completionOf,
  exactly,
  isOutOfOrder,
  jsonOf,
  scoreInWords,
  tabbed,
} from './completions.ts';
import { withEscapes } from './constraints.ts';
import { complain, Output, remark } from './output.ts';
import { printTrace } from './search-trace.ts';
import { FLAGS, OPTIONS } from './shared.ts';

/** What `rnn beam` and `rnn complete` can both be told. */
export const searchOptions = z.strictObject({
  ...beamSchema.shape,
  ...OPTIONS,
  prefix: z.string().optional().describe('the text to complete (default: nothing)'),
  count: z.int().min(1).optional().describe('how many completions to print (default: N)'),
});

export type SearchCommandOptions = z.input<typeof searchOptions>;

export const PREFIX_FLAG = '-p, --prefix <text>';

/** Their flags, besides --prefix. */
export const SEARCH_FLAGS = {
  checkpoint: FLAGS.checkpoint,
  k: '-k, --k <n>',
  length: '-l, --length <n>',
  finished: '--finished <n>',
  lengthPenalty: '--length-penalty <a>',
  groups: '--groups <n>',
  diversity: '--diversity <x>',
  count: '-n, --count <n>',
  stop: { flag: '--stop <text>', spelling: 'nonEmpty' },
  unknown: '--allow-unk',
  kernel: FLAGS.hiddenKernel,
  json: FLAGS.json,
  raw: FLAGS.raw,
  quiet: FLAGS.quiet,
} as const;

/** The part of the options that the library is told. */
export function requestOf(options: SearchCommandOptions, model: LanguageModel): BeamRequest {
  const {
    checkpoint: _c,
    prefix: _p,
    count: _n,
    kernel: _k,
    json: _j,
    raw: _r,
    quiet: _q,
    svg: _s,
    html: _h,
    ...request
  } = options;
  return withEscapes(request, model);
}

/** How many completions of each prefix are printed. There may be k, or N where that is more. UsageError where more are asked for. */
export function countOf({ count, finished, k = beamSchema.shape.k.parse(undefined) }: SearchCommandOptions): number {
  const most = Math.max(k, finished ?? k);
  if (count !== undefined && count > most) {
    const key = most === k ? 'k' : 'finished';
    throw new UsageError(
      message`${option('count')} ${count} is more than ${option(key)} ${most}; raise ${option(key)}`,
    );
  }
  return count ?? most;
}

/** Prints the completions of a prefix, or of each line of a file. Returns the exit status. */
export async function printCompletions(
  options: SearchCommandOptions,
  prefixFile: string | undefined,
  { nameOf }: Context,
  trace = false,
): Promise<number> {
  countOf(options); // a count that can't be had is an error before anything is searched
  const { open } = await import('./open.ts');
  const model = open(options);
  const output = new Output(options);
  const status = await (prefixFile === undefined
    ? printOne(model, options, output, trace)
    : printEach(model, options, prefixFile, output, nameOf));
  await output.flush();
  return status;
}

async function printOne(
  model: LanguageModel,
  options: SearchCommandOptions,
  output: Output,
  trace: boolean,
): Promise<number> {
  const request = requestOf(options, model);
  const steps: SearchStep[] = [];
  const follows = trace || (output.terminal && !options.quiet);
  const { prefix = '' } = withEscapes({ prefix: options.prefix }, model);
  const found = await model.beam(prefix, request, follows ? (step) => steps.push(step) : undefined);
  if (trace) await printTrace(steps, model.vocabulary, output, options.json === true);
  if (follows && !options.quiet) {
    const lookedAt = steps.reduce((sum, step) => sum + step.lookedAt, 0);
    const { describeSequences } = await import('../library/language-model.ts');
    const sequences = describeSequences(model.vocabulary.size, model.beamLength(request));
    remark(
      `looked at ${lookedAt} expansions; there are ${sequences} sequences of ${model.beamLength(request)} symbols`,
    );
  }
  const completions = found.slice(0, countOf(options)).map(completionOf);
  if (output.terminal && !options.quiet && !options.json && isOutOfOrder(completions)) {
    const { lengthPenalty = beamSchema.shape.lengthPenalty.parse(undefined) } = options;
    remark(`ordered by the score, ${scoreInWords(lengthPenalty)}; --length-penalty 0 orders by probability`);
  }
  if (completions.length === 0)
    throw new UserError('no completion was found; use a larger --k or --length, or ask for less');
  if (options.json) {
    for (const completion of completions) await output.json(jsonOf(completion));
  } else if (output.terminal) {
    await output.line(aligned(completions, options.raw === true));
  } else {
    for (const completion of completions) await output.line(tabbed(completion));
  }
  return EXIT.done;
}

/** Prints a line for each line of the file, in order. A line that can't be completed is named, and the rest is done. */
async function printEach(
  model: LanguageModel,
  options: SearchCommandOptions,
  file: string,
  output: Output,
  nameOf: Context['nameOf'],
): Promise<number> {
  const request = requestOf(options, model);
  await model.beams([], request).next(); // options that can't be met are an error even where the file has no lines
  let status: number = EXIT.done;
  for await (const lines of readLines(file, { convert: model.vocabulary.unit !== 'byte' })) {
    const problems = lines.map(({ text }) => model.problemWith(text)?.messageWith(nameOf));
    const prefixes = lines.flatMap(({ text }, index) => (problems[index] === undefined ? [text] : []));
    const found = model.beams(prefixes, request);
    for (const [index, { number, text }] of lines.entries()) {
      const problem = problems[index];
      if (problem !== undefined) {
        complain(`line ${number}: ${problem}`);
        status = EXIT.failed;
      }
      const texts = problem === undefined ? ((await found.next()).value ?? []) : [];
      const completions = texts.slice(0, countOf(options)).map(completionOf);
      if (options.json) {
        const fields = { line: number, prefix: stringOf(text), completions: completions.map(jsonOf) };
        await output.json({ ...fields, ...exactly(text) });
      } else await output.line([text, ...completions.map(textOf)].map((each) => output.field(each)).join('\t'));
    }
    await output.flush();
  }
  return status;
}

function textOf({ text, bytes }: Completion): Text {
  return bytes ?? text;
}
