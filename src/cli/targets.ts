import * as z from 'zod';
import { EXIT } from '../errors.ts';
import type { TargetBeamRequest } from '../library/completion-options.ts';
import type { FoundText } from '../library/language-model.ts';
import { bytesOf, stringOf, type Text } from '../library/lines.ts';
import type { LabelledSymbol, PairModel } from '../library/pair-model.ts';
import { exactly } from './completions.ts';
import type { Output } from './output.ts';
import { readSources, type SourceLine, type SourceReading } from './sources.ts';

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

export interface TargetPrinting extends SourceReading {
  readonly request: TargetBeamRequest;
  /** The most targets of a source that are printed. */
  readonly count: number;
  readonly scores?: boolean | undefined;
  readonly perSymbol?: boolean | undefined;
  readonly json?: boolean | undefined;
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
  for await (const lines of readSources(model, file, options)) {
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
  { source, number }: { readonly source: Text; readonly number?: number },
  { request, json }: TargetPrinting,
  output: Output,
): Promise<void> {
  const symbols = await model.labels(source, request.k);
  if (json) {
    const line = number === undefined ? {} : { line: number };
    await output.json({ ...line, source: stringOf(source), symbols, ...exactly(source) });
    return;
  }
  for (const [at, { symbol, labels }] of symbols.entries()) {
    const place = number === undefined ? [at + 1] : [number, at + 1];
    await printColumns(output, [...place, symbol, ...labels.flatMap(rankedFields)]);
  }
}

/** A target as JSON shows it. */
export function targetOf(found: FoundText): object {
  const { text, bytes, end, finished, score, logProbability, symbols } = found;
  const numbers = { finished, score, logProbability, probability: Math.exp(logProbability), symbols };
  return { target: text, end, ...numbers, ...exactly(bytes) };
}

async function printLines(
  model: PairModel,
  lines: readonly SourceLine[],
  { request, count, scores, json }: TargetPrinting,
  output: Output,
): Promise<void> {
  const readable = lines.filter(({ isReadable }) => isReadable).map(({ source }) => source);
  const found = model.beams(readable, request);
  for (const { number, source, isReadable } of lines) {
    const targets = (isReadable ? ((await found.next()).value ?? []) : []).slice(0, count);
    if (json)
      await output.json({ line: number, source: stringOf(source), targets: targets.map(targetOf), ...exactly(source) });
    else if (scores) {
      for (const target of targets)
        await printColumns(output, [source, exactTextOf(target), ...numbers(target.logProbability)]);
    } else await printColumns(output, [source, ...targets.map(exactTextOf)]);
  }
}

function rankedFields({ label, probability }: LabelledSymbol['labels'][number]): string[] {
  return [label, probability.toPrecision(3)];
}

function numbers(logProbability: number): string[] {
  return [logProbability.toFixed(4), Math.exp(logProbability).toPrecision(3)];
}

/** A text that was found or drawn: bytes where the symbols are bytes. */
export function exactTextOf({ text, bytes }: { readonly text: string; readonly bytes?: Uint8Array }): Text {
  return bytes ?? text;
}

/** Prints a line of columns. Sources and targets have no tabs, so that they can be read again as they are. */
export async function printColumns(output: Output, fields: readonly (Text | number)[]): Promise<void> {
  const texts = fields.map((field) => (typeof field === 'number' ? String(field) : field));
  if (texts.every((text) => typeof text === 'string')) return await output.line(texts.join('\t'));
  const pieces = texts.flatMap((text, at) => [at === 0 ? '' : '\t', text]);
  await output.write(Buffer.concat([...pieces, '\n'].map(bytesOf)));
}
