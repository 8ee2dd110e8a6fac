import stringWidth from 'string-width';
import { type Completion, numbers, shown } from './completions.ts';
import { breakAnywhere } from './fit.ts';
import { paint, terminalColumns } from './output.ts';

/** What the columns of numbers take, and the least that is left for the text. */
const NUMBERS_WIDTH = 33;
const LEAST_TEXT = 8;

/** Completions for a person: a table. A text that is too long for its column goes on in the lines below. */
export function aligned(completions: readonly Completion[], raw: boolean, room = terminalColumns()): string {
  const most = Math.max(LEAST_TEXT, room - NUMBERS_WIDTH);
  const texts = completions.map(({ text, end, finished }) => ({ text: shown(text, raw), end: finished ? end : '…' }));
  const widths = texts.map(({ text, end }) => stringWidth(text + end));
  const width = Math.max(4, ...widths.map((each) => Math.min(each, most)));
  const head = `${'text'.padEnd(width)}   score ↓     log p  probability`;
  const rows = texts.map(({ text, end }, index) => {
    const [score = '', log = '', probability = ''] = numbers(completions[index]!);
    const inNumbers = `${score.padStart(10)}${log.padStart(10)}${probability.padStart(13)}`;
    if (widths[index]! <= width) return `${text}${paint.dim(end)}${' '.repeat(width - widths[index]!)}${inNumbers}`;
    const [first = '', ...below] = breakAnywhere(text + end, width);
    return [`${first}${' '.repeat(width - stringWidth(first))}${inNumbers}`, ...below].join('\n');
  });
  return [paint.dim(head), ...rows].join('\n');
}
