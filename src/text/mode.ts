/** How a corpus is read: as one long text, or as a list in which each line is an example of its own. */
export const MODES = ['stream', 'lines'] as const;
export type Mode = (typeof MODES)[number];

export interface ModeChoice {
  readonly mode: Mode;
  /** Why, in a clause: "41 short lines (10.2 characters and 1.3 words on average)". */
  readonly reason: string;
}

/** Bytes from the start of a corpus by which `auto` judges it. */
export const JUDGED_BYTES = 1 << 20;

/**
 * The rule of `--mode auto`. A text is a list, and is read in lines, when all of these hold for its lines (those of its
 * first MiB):
 *
 * 1. at least two are not blank;
 * 2. at most 1 in 10 is blank, those after the last line aside (paragraphs, stanzas and scenes are set apart);
 * 3. at most 1 in 10 has more than 40 characters, and none more than 200 (prose is wrapped at 60 to 80, or not at all);
 * 4. they have 4 words or fewer on average (verse has 6 to 8);
 * 5. at most 1 in 10 is indented (code is);
 * 6. at most 1 in 3 reads like a sentence or a statement: ends in . ! ? , ; : … { } or the like, or holds a full-width
 *    one of them anywhere (verse, dialogue, code, and Chinese or Japanese text, whose words can't be counted by spaces).
 *
 * Shares are of the lines that aren't blank; of all lines in rule 2. Otherwise the text is a stream.
 *
 * @param text the start of the corpus
 * @param whole whether that is all of it: else the last line, cut anywhere, isn't judged
 */
export function judgeMode(text: string, whole: boolean): ModeChoice {
  const all = text.split(/\r?\n/u);
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
  if (longest > 200) return stream(`it has a line of ${longest} characters`);
  if (meanWords > 4) return stream(`its lines have ${meanWords.toFixed(1)} words on average`);
  const indented = share((line) => /^\s/u.test(line));
  if (indented > 1 / 10) return stream(`${percent(indented)} of its lines are indented`);
  const sentences = share((line) => SENTENCE.test(line));
  if (sentences > 1 / 3) return stream(`${percent(sentences)} of its lines read like sentences`);
  const count = whole ? `${lines.length}` : `it begins with ${lines.length}`;
  const means = `${meanLength.toFixed(1)} characters and ${meanWords.toFixed(1)} words on average`;
  return { mode: 'lines', reason: `${count} short lines (${means})` };
}

/** A mark that ends a sentence, a clause or a statement, maybe in quotes or brackets; or a full-width mark anywhere. */
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
