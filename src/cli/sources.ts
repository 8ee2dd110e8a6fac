import * as z from 'zod';
import { message, option, UsageError } from '../errors.ts';
import type { LanguageModel } from '../library/language-model.ts';
import { areText, LINE, readingOf, readLines, type Text } from '../library/lines.ts';
import type { PairModel } from '../library/pair-model.ts';
import { type Context, unwanted } from './command.ts';
import { readEscapes } from './constraints.ts';
import { complain, remark } from './output.ts';

/** What names the sources of a model of pairs. */
export const SOURCE_OPTIONS = {
  sources: z
    .string()
    .optional()
    .describe('of a model of pairs: a file of sources, one a line; - is standard input, read if no source is given'),
  source: z.string().optional().describe('of a model of pairs: the source; the other options are about its target'),
} as const;

/** Their flags. */
export const SOURCE_FLAGS = {
  sources: { flag: '[sources]', spelling: 'nonEmpty' },
  source: { flag: '--source <text>', spelling: 'nonEmpty' },
} as const;

/** Whether a model is one of pairs. */
export function isOfPairs(model: LanguageModel | PairModel): model is PairModel {
  return 'task' in model;
}

/** How the files of a model are read (`readingOf`). Pairs are lines. */
export function filesOf(model: LanguageModel | PairModel): ReturnType<typeof readingOf> {
  if (!isOfPairs(model)) return readingOf(model.vocabulary);
  const { source, target } = model.vocabularies;
  return { convert: areText({ sourceUnit: source.unit, targetUnit: target.unit }), separator: LINE };
}

interface NamedSources {
  readonly source?: string | undefined;
  readonly sources?: string | undefined;
}

/** The sources that the command line names: one, or those of a file. UsageError where it names both. */
export function namedSources(
  { source, sources }: NamedSources,
  model: PairModel,
): { source: Text; file?: undefined } | { source?: undefined; file: string } {
  if (source === undefined) return { file: sources ?? '-' };
  if (sources === undefined) return { source: readEscapes('source', source, model.vocabularies.source.unit) };
  throw new UsageError(message`${option('source')} and a file of sources can't both be given; leave one out`);
}

/** UsageError for an option that is given and that only the other kind of model has. */
export function requireNone(given: object, keys: readonly string[], kind: 'texts' | 'pairs'): void {
  const [key] = Object.entries(given).find(([key, value]) => keys.includes(key) && value !== undefined) ?? [];
  if (key === undefined) return;
  throw new UsageError(message`${option(key)} is for a model of ${kind}, and this is not one; leave it out`);
}

/** UsageError where more than one of some options is given. */
export function requireOneOf(given: object, keys: readonly string[]): void {
  const [first, second] = Object.entries(given).flatMap(([key, value]) =>
    keys.includes(key) && value !== undefined && value !== false ? [key] : [],
  );
  if (first === undefined || second === undefined) return;
  throw new UsageError(message`${option(first)} and ${option(second)} can't both be given; leave one out`);
}

/** UsageError for an option that is given without the one that it belongs to: it would change nothing. */
export function requireWith<Options extends object>(
  given: Options,
  key: keyof Options & string,
  needed: keyof Options & string,
): void {
  if (given[key] === undefined || given[needed] !== undefined) return;
  throw new UsageError(message`${option(key)} is for ${option(needed)}; leave it out`);
}

/** UsageError for a file of sources that is the file of a model, as its name says, where no model is named. */
export function requireNoModel(
  { sources, checkpoint }: { readonly sources?: string | undefined; readonly checkpoint?: string | undefined },
  { name }: Pick<Context, 'name'>,
): void {
  if (checkpoint === undefined && sources?.endsWith('.json')) throw unwantedSources(sources, name);
}

/** UsageError for sources, which a model of texts does not have. */
export function requireNoSources(
  { sources, source }: { readonly sources?: string | undefined; readonly source?: string | undefined },
  { name }: Pick<Context, 'name'>,
): void {
  if (sources !== undefined) throw unwantedSources(sources, name);
  requireNone({ source }, ['source'], 'pairs');
}

function unwantedSources(sources: string, name: string): UsageError {
  const isModel = sources.endsWith('.json');
  return unwanted(sources, `rnn ${name} takes no argument`, isModel ? 'checkpoint' : 'prefix');
}

/** A line of a file of sources. */
export interface SourceLine {
  readonly number: number;
  readonly source: Text;
  /** Whether the model can read it. */
  readonly isReadable: boolean;
}

/** How lines that the model can't read are named. */
export interface SourceReading {
  readonly quiet?: boolean | undefined;
  readonly nameOf: Context['nameOf'];
}

/** The lines of a file of sources. A line that the model can't read is named on standard error. Unless quiet, so are symbols that it reads as `<unk>`. */
export async function* readSources(
  model: PairModel,
  file: string,
  { quiet, nameOf }: SourceReading,
): AsyncGenerator<readonly SourceLine[]> {
  for await (const lines of readLines(file, filesOf(model))) {
    yield lines.map(({ number, text }) => {
      const problem = model.problemWith(text);
      if (problem) complain(`line ${number}: ${problem.messageWith(nameOf)}`);
      else if (!quiet) remarkUnknown(model, text, `line ${number}: `);
      return { number, source: text, isReadable: problem === undefined };
    });
  }
}

/** Names the symbols of a source that the model reads as `<unk>`. */
export function remarkUnknown(model: PairModel, source: Text, where = ''): void {
  const names = [...new Set(model.unknownIn(source))];
  if (names.length > 0) remark(`${where}${names.join(', ')} not in the vocabulary, read as <unk>`);
}
