import type { FoundText } from '../library/language-model.ts';
import { escapeText, type Text } from '../library/lines.ts';
import { harmless } from '../library/words.ts';

/** A completion as it is printed. */
export interface Completion extends FoundText {
  readonly probability: number;
}

/** A completion with its fields in the order in which JSON shows them. */
export function completionOf({ text, completion, bytes, ...found }: FoundText): Completion {
  const { end, finished, score, logProbability, symbols } = found;
  const numbers = { end, finished, score, logProbability, probability: Math.exp(logProbability), symbols };
  return { text, completion, ...numbers, ...(bytes && { bytes }) };
}

/** A completion for JSON. */
export function jsonOf({ bytes, ...completion }: Completion): object {
  return { ...completion, ...exactly(bytes) };
}

/** A field of JSON that has the whole text as it is, where the text is bytes: JSON has strings only of characters. */
export function exactly(text: Text | undefined): { readonly base64?: string } {
  return text instanceof Uint8Array ? { base64: Buffer.from(text).toString('base64') } : {};
}

/** The score, the log-probability and the probability of a completion, as they are printed. */
export function numbers({ score, logProbability, probability }: Completion): string[] {
  return [score.toFixed(4), logProbability.toFixed(4), probability.toPrecision(3)];
}

/** For a program: one line a completion. */
export function completionLine(completion: Completion): string {
  return [
    escapeText(completion.bytes ?? completion.text),
    ...numbers(completion),
    completion.finished ? 'stop' : 'length',
  ].join('\t');
}

/** What the score (1/Tᵅ) Σ log p is, for an α. */
export function scoreInWords(lengthPenalty: number): string {
  if (lengthPenalty === 1) return 'the mean log p of a symbol';
  return lengthPenalty === 0 ? 'log p' : `log p / T^${lengthPenalty}`;
}

/** Whether a less likely text stands above a likelier one. */
export function isOutOfOrder(completions: readonly Completion[]): boolean {
  return completions.some(({ logProbability }, at) => logProbability > (completions[at - 1]?.logProbability ?? 0));
}

/** A text on one line of a terminal. */
export function shown(text: string, raw = false): string {
  const oneLine = text.replaceAll('\n', '⏎').replaceAll('\t', '⇥');
  return raw ? oneLine : harmless(oneLine);
}
