import { counted, grouped } from '../counts.ts';

/** How a corpus is read: as one long text (`stream`), or as a list in which each line is a separate example (`lines`). */
export const MODES = ['stream', 'lines'] as const;
export type Mode = (typeof MODES)[number];

/** What divides a text into examples: nothing, the ends of its lines, or a separator of its own (records.ts). */
export type Layout = 'stream' | 'lines' | 'records';

export interface ModeChoice {
  readonly mode: Mode;
  /** The reason for the choice: "41 short lines (10.2 characters and 1.3 words on average)". */
  readonly reason: string;
}

/** `auto` judges a corpus by this many bytes from its start. */
export const JUDGED_BYTES = 1 << 20;

/**
 * The rule of the mode `auto`. It looks at the lines in the first MiB of a text. The text is a list, and is read in lines mode,
 * when all six conditions hold:
 *
 * 1. At least two lines are not blank.
 * 2. At most 1 line in 10 is blank. Blank lines separate paragraphs, stanzas and scenes. Blank lines at the end don't count.
 * 3. At most 1 line in 10 has more than 40 characters, and no line has more than 200. Prose is wrapped at 60 to 80 characters, or not
 *    at all.
 * 4. A line has 4 words or fewer on average. Verse has 6 to 8.
 * 5. At most 1 line in 10 is indented. Lines of code are.
 * 6. At most 1 line in 3 reads like a sentence or a statement. Such a line ends in . ! ? , ; : … { } or a similar mark, or it has a
 *    full-width mark anywhere. This finds verse, dialogue, code, and also Chinese and Japanese, where spaces don't separate words.
 *
 * In condition 2 the share is of all lines; in 3, 5 and 6 it is of the lines that are not blank. A text that fails one of the
 * conditions is a stream. In a text without newlines, a CR ends a line.
 *
 * @param text the start of the corpus
 * @param whole true if `text` is the whole corpus. If it is false, the last line may be cut, and is not judged.
 */
export function judgeMode(text: string, whole: boolean): ModeChoice {
  const all = text.split(text.includes('\n') ? /\r?\n/u : '\r');
  if (!whole && all.length > 1) all.pop();
  while (all.length > 0 && isBlank(all.at(-1)!)) all.pop();
  const lines = all.filter((line) => !isBlank(line));
  if (lines.length < 2) return { mode: 'stream', reason: lines.length === 1 ? 'it is a single line' : 'it is blank' };

  const lengths = lines.map((line) => [...line].length);
  const meanLength = sum(lengths) / lines.length;
  const meanWords = sum(lines.map((line) => line.trim().split(/\s+/u).length)) / lines.length;
  const share = (holds: (line: string, index: number) => boolean): number => lines.filter(holds).length / lines.length;

  const blank = 1 - lines.length / all.length;
  if (blank > 1 / 10) return stream(`${percent(blank)} of its lines are blank`);
  const long = share((_, index) => lengths[index]! > 40);
  if (long > 1 / 10) return stream(`${percent(long)} of its lines have more than 40 characters`);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  if (longest > 200) return stream(`it has a line of ${counted(longest, 'character')}`);
  if (meanWords > 4) return stream(`its lines have ${meanWords.toFixed(1)} words on average`);
  const indented = share((line) => /^\s/u.test(line));
  if (indented > 1 / 10) return stream(`${percent(indented)} of its lines are indented`);
  const sentences = share((line) => SENTENCE.test(line));
  if (sentences > 1 / 3) return stream(`${percent(sentences)} of its lines read like sentences`);
  const count = whole ? grouped(lines.length) : `it begins with ${grouped(lines.length)}`;
  const means = `${meanLength.toFixed(1)} characters and ${meanWords.toFixed(1)} words on average`;
  return { mode: 'lines', reason: `${count} short lines (${means})` };
}

/** A mark that ends a sentence, a clause or a statement (quotes or brackets may follow it), or a full-width mark anywhere. */
const SENTENCE = /[.!?,;:{}…؟،۔।]['"’”»)\]]*\s*$|[。！？，；：、]/u;

function stream(reason: string): ModeChoice {
  return { mode: 'stream', reason };
}

function isBlank(line: string): boolean {
  return line.trim() === '';
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
