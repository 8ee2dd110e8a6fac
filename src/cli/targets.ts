import * as z from 'zod';
import { EXIT } from '../errors.ts';
import type { TargetBeamRequest } from '../library/completion-options.ts';
import type { FoundText } from '../library/language-model.ts';
import type { LabelledSymbol, PairModel } from '../library/pair-model.ts';
import { harmless } from '../library/words.ts';
import type { Output } from './output.ts';
import { readSources, type SourceLine } from './sources.ts';

/** How the targets of sources can be printed. */
export const TARGET_OPTIONS = {
  scores: z
    .boolean()
    .default(false)
    .describe('of a model of pairs: print a line for each target, with its log-probability and probability'),
  perSymbol: z
    .boolean()
    .default(false)
    .describe('of a tagger: print a line for each symbol, with its k likeliest labels and their probabilities'),
} as const;

/** Their flags. */
export const TARGET_FLAGS = { scores: '--scores', perSymbol: '--per-symbol' } as const;

export interface TargetPrinting {
  readonly request: TargetBeamRequest;
  /** The most targets of a source that are printed. */
  readonly count: number;
  readonly scores?: boolean | undefined;
  readonly perSymbol?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly raw?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Prints the targets of each line of a file, in order. A line that can't be read is named, and the rest is done. Returns the exit status. */
export async function printTargets(
  model: PairModel,
  file: string,
  options: TargetPrinting,
  output: Output,
): Promise<number> {
  await model.beams([], options.request).next(); // options that can't be met are an error even where the file has no lines
  let status: number = EXIT.done;
  for await (const lines of readSources(model, file, options.quiet)) {
    if (lines.some(({ isReadable }) => !isReadable)) status = EXIT.failed;
    if (options.perSymbol) {
      for (const line of lines) if (line.isReadable) await printSymbols(model, line, options, output);
    } else await printLines(model, lines, options, output);
    await output.flush();
  }
  return status;
}

/** Prints the labels of each symbol of a source. */
export async function printSymbols(
  model: PairModel,
  { source, number }: { readonly source: string; readonly number?: number },
  { request, json, raw }: TargetPrinting,
  output: Output,
): Promise<void> {
  const symbols = await model.labels(source, request.k);
  if (json) {
    await output.json({ ...(number === undefined ? {} : { line: number }), source, symbols });
    return;
  }
  for (const [at, { symbol, labels }] of symbols.entries()) {
    const place = number === undefined ? [at + 1] : [number, at + 1];
    await output.line(columnsOf([...place, symbol, ...labels.flatMap(rankedFields)], output, raw));
  }
}

/** A target as JSON shows it. */
export function targetOf(found: FoundText): object {
  const { text, end, finished, score, logProbability, symbols } = found;
  return { target: text, end, finished, score, logProbability, probability: Math.exp(logProbability), symbols };
}

async function printLines(
  model: PairModel,
  lines: readonly SourceLine[],
  { request, count, scores, json, raw }: TargetPrinting,
  output: Output,
): Promise<void> {
  const readable = lines.filter(({ isReadable }) => isReadable).map(({ source }) => source);
  const found = model.beams(readable, request);
  for (const { number, source, isReadable } of lines) {
    const targets = (isReadable ? ((await found.next()).value ?? []) : []).slice(0, count);
    if (json) await output.json({ line: number, source, targets: targets.map(targetOf) });
    else if (scores) {
      for (const { text, logProbability } of targets)
        await output.line(columnsOf([source, text, ...numbers(logProbability)], output, raw));
    } else await output.line(columnsOf([source, ...targets.map(({ text }) => text)], output, raw));
  }
}

function rankedFields({ label, probability }: LabelledSymbol['labels'][number]): string[] {
  return [label, probability.toPrecision(3)];
}

function numbers(logProbability: number): string[] {
  return [logProbability.toFixed(4), Math.exp(logProbability).toPrecision(3)];
}

/** A line of columns. Sources and targets have no tabs, so that they can be read again as they are. */
export function columnsOf(fields: readonly (string | number)[], output: Output, raw: boolean | undefined): string {
  const line = fields.join('\t');
  return output.terminal && !raw ? harmless(line) : line;
}
