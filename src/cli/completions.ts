import stringWidth from 'string-width';
import type { Hypothesis } from '../decoding/beam.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { harmless, paint } from './output.ts';

/** A hypothesis as it is printed. `text` and `completion` are without what ended them. */
export interface Completion {
  readonly text: string;
  readonly completion: string;
  /** What ended it: `<stop>` or a stop string; empty where it was cut off, or ended with what --match wants. */
  readonly end: string;
  readonly finished: boolean;
  readonly score: number;
  readonly logProbability: number;
  readonly probability: number;
  /** Symbols of the completion and of its end. */
  readonly symbols: number;
}

export function describe(hypothesis: Hypothesis, prefix: string, vocabulary: Vocabulary): Completion {
  const { ids, ending, finished, symbols, score, logProbability } = hypothesis;
  const cut = ids.length - ending;
  const completion = vocabulary.decode(ids.slice(0, cut));
  const end = ids
    .slice(cut)
    .map((id) => vocabulary.label(id))
    .join('');
  const probability = Math.exp(logProbability);
  const text = prefix + completion;
  return { text, completion, end, finished, score, logProbability, probability, symbols };
}

function numbers({ score, logProbability, probability }: Completion): string[] {
  return [score.toFixed(4), logProbability.toFixed(4), probability.toPrecision(3)];
}

/** A text as a field of a line: newlines, tabs and backslashes are escaped. */
export function field(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
}

/** For a program: a hypothesis is a line. */
export function tabbed(completion: Completion): string {
  return [field(completion.text), ...numbers(completion), completion.finished ? 'stop' : 'length'].join('\t');
}

/** A text on one line of a terminal. */
export function shown(text: string, raw = false): string {
  const oneLine = text.replaceAll('\n', '⏎').replaceAll('\t', '⇥');
  return raw ? oneLine : harmless(oneLine);
}

/** For a person. */
export function aligned(completions: readonly Completion[], raw: boolean): string {
  const texts = completions.map(({ text, end, finished }) => ({ text: shown(text, raw), end: finished ? end : '…' }));
  const widths = texts.map(({ text, end }) => stringWidth(text + end));
  const width = Math.max(4, ...widths);
  const head = `${'text'.padEnd(width)}     score     log p  probability`;
  const rows = texts.map(({ text, end }, index) => {
    const [score = '', log = '', probability = ''] = numbers(completions[index]!);
    const padding = ' '.repeat(width - widths[index]!);
    return `${text}${paint.dim(end)}${padding}${score.padStart(10)}${log.padStart(10)}${probability.padStart(13)}`;
  });
  return [paint.dim(head), ...rows].join('\n');
}
