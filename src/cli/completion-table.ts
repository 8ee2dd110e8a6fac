import stringWidth from 'string-width';
import { type Completion, numbers, shown } from './completions.ts';
import { breakAnywhere } from './fit.ts';
import { paint, terminalColumns } from './output.ts';

/** The columns of numbers, in the order of `numbers`. */
const NUMBER_COLUMNS = [
  { name: 'score ↓', width: 10 },
  { name: 'log p', width: 10 },
  { name: 'probability', width: 13 },
] as const;

/** The least that is left for the text. */
const LEAST_TEXT = 8;

/**
 * Completions for a person: a table. Where there is too little room for the text, the last columns of numbers are left out. A text that is too long
 * for its column goes on in the lines below.
 */
export function aligned(completions: readonly Completion[], raw: boolean, room = terminalColumns()): string {
  const shownColumns = columnsIn(room - LEAST_TEXT);
  const most = Math.max(LEAST_TEXT, room - widthOf(shownColumns));
  const texts = completions.map(({ text, end, finished }) => ({ text: shown(text, raw), end: finished ? end : '…' }));
  const widths = texts.map(({ text, end }) => stringWidth(text + end));
  const width = Math.max(4, ...widths.map((each) => Math.min(each, most)));
  const inColumns = (cells: readonly string[]): string =>
    shownColumns.map((column, index) => cells[index]!.padStart(column.width)).join('');
  const head = `${'text'.padEnd(width)}${inColumns(shownColumns.map(({ name }) => name))}`;
  const rows = texts.map(({ text, end }, index) => {
    const inNumbers = inColumns(numbers(completions[index]!));
    if (widths[index]! <= width) return `${text}${paint.dim(end)}${' '.repeat(width - widths[index]!)}${inNumbers}`;
    const [first = '', ...below] = breakAnywhere(text + end, width);
    return [`${first}${' '.repeat(width - stringWidth(first))}${inNumbers}`, ...below].join('\n');
  });
  return [paint.dim(head), ...rows].join('\n');
}

type NumberColumn = (typeof NUMBER_COLUMNS)[number];

/** The first columns of numbers that fit, at least one. */
function columnsIn(room: number): readonly NumberColumn[] {
  const counts = NUMBER_COLUMNS.map((_, index) => NUMBER_COLUMNS.length - index);
  const fitting = counts.find((count) => widthOf(NUMBER_COLUMNS.slice(0, count)) <= room) ?? 1;
  return NUMBER_COLUMNS.slice(0, fitting);
}

function widthOf(shownColumns: readonly NumberColumn[]): number {
  return shownColumns.reduce((sum, { width }) => sum + width, 0);
}
