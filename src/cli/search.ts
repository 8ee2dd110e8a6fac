import * as z from 'zod';
import { counted } from '../counts.ts';
import { EXIT, message, option, UsageError, UserError } from '../errors.ts';
import { type BeamRequest, beamSchema } from '../library/completion-options.ts';
import type { LanguageModel, SearchStep } from '../library/language-model.ts';
import { readLines, stringOf, type Text } from '../library/lines.ts';
import type { PairModel } from '../library/pair-model.ts';
import type { Context } from './command.ts';
import { aligned } from './completion-table.ts';
import { completionLine, completionOf, exactly, isOutOfOrder, jsonOf, scoreInWords } from './completions.ts';
import { withEscapes } from './constraints.ts';
import { complain, Output, remark } from './output.ts';
import { readPrompt } from './prompts.ts';
import { printTrace } from './search-trace.ts';
import { FLAGS, OPTIONS } from './shared.ts';
import {
  filesOf,
  isOfPairs,
  namedSources,
  remarkUnknown,
  requireNoModel,
  requireNone,
  requireNoSources,
  requireOneOf,
  requireWith,
  SOURCE_FLAGS,
  SOURCE_OPTIONS,
} from './sources.ts';
import { exactTextOf, printSymbols, printTargets, TARGET_FLAGS, TARGET_OPTIONS, targetOf } from './targets.ts';

/** What `rnn beam` and `rnn complete` can both be told. */
export const searchOptions = z.strictObject({
  ...beamSchema.shape,
  ...OPTIONS,
  ...SOURCE_OPTIONS,
  ...TARGET_OPTIONS,
  prefix: z.string().optional().describe('the text to complete (default: nothing)'),
  count: z.int().min(1).optional().describe('how many completions to print (default: N)'),
});

export type SearchCommandOptions = z.input<typeof searchOptions>;

export const PREFIX_FLAG = '-p, --prefix <text>';

/** Their flags, besides --prefix. */
export const SEARCH_FLAGS = {
  ...SOURCE_FLAGS,
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
  ...TARGET_FLAGS,
  kernel: FLAGS.hiddenKernel,
  json: FLAGS.json,
  raw: FLAGS.raw,
  quiet: FLAGS.quiet,
} as const;

/** The part of the options that the library is told. */
export function requestOf(options: SearchCommandOptions, model: LanguageModel | PairModel): BeamRequest {
  const own = Object.entries(options).filter(([key]) => key in beamSchema.shape);
  return withEscapes(Object.fromEntries(own) as BeamRequest, model);
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

/** UsageError for options that can't be met or would change nothing, whatever the model is. */
export function requireEffect(options: SearchCommandOptions): void {
  countOf(options);
  requireWith(options, 'diversity', 'groups');
  requireOneOf(options, ['raw', 'json']);
}

/** What `rnn beam` alone can be told, and how `rnn complete` reads. */
export interface SearchInput {
  readonly prefixFile?: string | undefined;
  readonly promptFile?: string | undefined;
  /** Whether the lines of standard input are completed if there is no prefix. */
  readonly readsInput?: boolean;
  readonly trace?: boolean | undefined;
}

/** Prints the completions of a prefix, or of each line of a file; of a model of pairs, the targets of its sources. Returns the exit status. */
export async function printCompletions(
  options: SearchCommandOptions,
  input: SearchInput,
  { name, nameOf }: Context,
): Promise<number> {
  requireEffect(options); // before anything is searched
  requireNoModel(options, { name });
  const { openModel } = await import('./open.ts');
  const model = await openModel(options);
  const printing = { options, input, output: new Output(options), name, nameOf };
  const status = await (isOfPairs(model) ? printPairs(model, printing) : printTexts(model, printing));
  await printing.output.flush();
  return status;
}

/** How completions are looked for and printed. */
interface Printing {
  readonly options: SearchCommandOptions;
  readonly input: SearchInput;
  readonly output: Output;
  readonly name: string;
  readonly nameOf: Context['nameOf'];
}

async function printTexts(model: LanguageModel, printing: Printing): Promise<number> {
  const { options, input } = printing;
  requireNoSources(options, printing);
  requireNone(options, Object.keys(TARGET_OPTIONS), 'pairs');
  const file = input.prefixFile ?? (input.readsInput && options.prefix === undefined ? '-' : undefined);
  if (file !== undefined) return await printEach(model, file, printing);
  const { promptFile } = input;
  const { prefix = '' } =
    promptFile === undefined
      ? withEscapes({ prefix: options.prefix }, model)
      : { prefix: await readPrompt(promptFile, model) };
  return await printOne(model, prefix, requestOf(options, model), printing);
}

/** A prefix of a model of pairs is what its targets begin with. */
async function printPairs(model: PairModel, printing: Printing): Promise<number> {
  const { options, input, output, nameOf } = printing;
  const { scores, perSymbol, json, quiet } = options;
  requireNone(input, ['prefixFile', 'promptFile'], 'texts');
  const { prefix } = withEscapes({ prefix: options.prefix }, model);
  const request = { ...requestOf(options, model), ...(prefix === undefined ? {} : { prefix }) };
  if (perSymbol) requireRanking({ ...request, scores, count: options.count });
  // The targets of one source, and JSON, have their scores anyway.
  for (const other of ['json', 'source']) requireOneOf(options, ['scores', other]);
  const { source, file } = namedSources(options, model);
  if (input.trace && (source === undefined || model.task !== 'transduce')) {
    throw new UsageError(
      message`${option('trace')} follows the search for one target; give ${option('source')} to a transducer`,
    );
  }
  const wanted = { request, count: countOf(options), scores, perSymbol, json, quiet, nameOf };
  if (source === undefined) return await printTargets(model, file, wanted, output);
  if (!quiet) remarkUnknown(model, source);
  if (!perSymbol) return await printOne(model, source, request, printing);
  await printSymbols(model, { source }, wanted, output);
  return EXIT.done;
}

/** UsageError for what has no meaning where the labels of each symbol are ranked by themselves. */
function requireRanking(given: BeamRequest & Pick<SearchCommandOptions, 'scores' | 'count'>): void {
  const [key] = Object.entries(given).find(([key, value]) => key !== 'k' && value !== undefined) ?? [];
  if (key === undefined) return;
  throw new UsageError(message`${option(key)} can't be given with ${option('perSymbol')}; leave one out`);
}

/** Prints the completions of a prefix, or the targets of a source. */
async function printOne(
  model: LanguageModel | PairModel,
  given: Text,
  request: BeamRequest,
  { options, input: { trace = false }, output }: Printing,
): Promise<number> {
  const steps: SearchStep[] = [];
  const follows = trace || (output.terminal && !options.quiet);
  const found = await model.beam(given, request, follows ? (step) => steps.push(step) : undefined);
  if (trace) await printTrace(steps, model.vocabulary, output, options.json === true);
  if (steps.length > 0 && !options.quiet) {
    const lookedAt = steps.reduce((sum, step) => sum + step.lookedAt, 0);
    const { describeSequences } = await import('../library/language-model.ts');
    const sequences = describeSequences(model.vocabulary.size, model.beamLength(request));
    remark(
      `looked at ${counted(lookedAt, 'expansion')}; there are ${sequences} sequences of ${model.beamLength(request)} symbols`,
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
    for (const completion of completions)
      await output.json(isOfPairs(model) ? { source: stringOf(given), ...targetOf(completion) } : jsonOf(completion));
  } else if (output.terminal) {
    await output.line(aligned(completions, options.raw === true));
  } else {
    for (const completion of completions) await output.line(completionLine(completion));
  }
  return EXIT.done;
}

/** Prints a line for each line of the file, in order. A line that can't be completed is named, and the rest is done. */
async function printEach(model: LanguageModel, file: string, { options, output, nameOf }: Printing): Promise<number> {
  const request = requestOf(options, model);
  await model.beams([], request).next(); // options that can't be met are an error even where the file has no lines
  let status: number = EXIT.done;
  for await (const lines of readLines(file, filesOf(model))) {
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
      } else await output.line([text, ...completions.map(exactTextOf)].map((each) => output.field(each)).join('\t'));
    }
    await output.flush();
  }
  return status;
}
