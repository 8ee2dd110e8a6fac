import stringWidth from 'string-width';
import { grouped } from '../counts.ts';
import type { Table } from '../insight/table.ts';
import { harmless } from '../library/words.ts';
import { truncate, truncateStart, wrap } from './fit.ts';
import { isTerminal, paint, terminalColumns } from './output.ts';
import { wrapLine } from './wrap.ts';

/** Spaces between two columns. */
const GAP = 3;

/** What a terminal shows where a number was not measured. */
export const MISSING = '–';

/** A table whose cells may have a style each, which adds no width: `style` is told the row and the column, counted from 0. */
export interface StyledTable extends Table {
  readonly style?: (row: number, column: number) => (cell: string) => string;
}

/**
 * Columns set flush right under their heads. Where a line would be wider than `room`, the columns stand in blocks, one below the other, and each
 * block begins with the columns that name the row. Where even one column beside those is too wide, cells are cut off: names of
 * rows at their start.
 */
export function columns(
  { header, rows: given, keys = 1, style }: Omit<StyledTable, 'title'>,
  room = terminalColumns(),
): string {
  const rows = given.map((row) => row.map((cell = MISSING) => cell));
  const most = mostOf(widthsOf(header, rows), keys, room);
  // What differs in names, such as those of files and tensors, is more often at their end.
  const fitting = (cells: readonly string[]): string[] =>
    cells.map((cell, column) => (column < keys ? truncateStart(cell, most) : truncate(cell, most)));
  const [head, body] = [header.map((name) => truncate(name, most)), rows.map(fitting)];
  const widths = widthsOf(head, body);
  const lines = blocksOf(widths, keys, room).flatMap((block) => {
    const line = (cells: readonly string[], paintCell = (cell: string, _column: number): string => cell): string =>
      block
        .map((column, place) => {
          const cell = cells[column]!;
          const padding = widths[column]! - stringWidth(cell) + (place > 0 ? GAP : 0);
          return `${' '.repeat(padding)}${paintCell(cell, column)}`;
        })
        .join('');
    return [
      paint.dim(line(head)),
      ...body.map((cells, row) => line(cells, style && ((cell, column) => style(row, column)(cell)))),
    ];
  });
  return lines.join('\n');
}

function widthsOf(header: readonly string[], rows: readonly (readonly string[])[]): number[] {
  return header.map((name, column) =>
    Math.max(...[name, ...rows.map((row) => row[column]!)].map((c) => stringWidth(c))),
  );
}

/** The greatest width of a cell with which each block fits. */
function mostOf(widths: readonly number[], keys: number, room: number): number {
  let most = Math.max(1, ...widths);
  while (
    most > 1 &&
    widestBlock(
      widths.map((width) => Math.min(width, most)),
      keys,
    ) > room
  )
    most--;
  return most;
}

/** The width of the columns that name the row, with the widest of the others. */
function widestBlock(widths: readonly number[], keys: number): number {
  const [named, others] = [widths.slice(0, keys), widths.slice(keys)];
  return lineWidth(others.length > 0 ? [...named, Math.max(...others)] : named);
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + GAP, -GAP);
}

/** The columns of each block: all in one where there is room. */
function blocksOf(widths: readonly number[], keys: number, room: number): number[][] {
  const named = Array.from(widths.keys()).slice(0, keys);
  const blocks = [[...named]];
  for (let column = keys; column < widths.length; column++) {
    const block = blocks.at(-1)!;
    const fits = lineWidth([...block, column].map((each) => widths[each]!)) <= room;
    if (fits || block.length === keys) block.push(column);
    else blocks.push([...named, column]);
  }
  return blocks;
}

/**
 * A table for a program: a line of column names, then a line for each row. Cells are separated by tabs; that of a number which was not measured is
 * empty.
 */
export function tabbed({ header, rows }: Pick<Table, 'header' | 'rows'>): string {
  return [header, ...rows].map((cells) => cells.join('\t')).join('\n');
}

/** A table below its title: aligned on a terminal, and `tabbed` elsewhere. */
export function titled(table: StyledTable): string {
  if (!isTerminal()) return `${table.title}\n${tabbed(table)}`;
  const title = wrap(table.title.split(' '), ' ', terminalColumns());
  return [...title.map((line) => paint.bold(line)), columns(table)].join('\n');
}

/** Named facts, one a line: aligned on a terminal, and elsewhere separated by a tab. */
export function namedFacts(rows: readonly (readonly [string, string | number])[]): string {
  const shown = rows.map(([name, value]) => [name, harmless(String(value))] as const);
  if (!isTerminal()) return shown.map((row) => row.join('\t')).join('\n');
  const width = Math.max(...shown.map(([name]) => name.length));
  const below = `\n${' '.repeat(width + 2)}`;
  return shown
    .map(([name, value]) => {
      const lines = wrapLine(value, terminalColumns() - below.length + 1);
      return `${paint.cyan(name.padEnd(width))}  ${lines.replaceAll('\n', below)}`;
    })
    .join('\n');
}

/** A count in a table: with separators for a person, and with digits alone for a program. */
export function countCell(count: number): string {
  return isTerminal() ? grouped(count) : String(count);
}
