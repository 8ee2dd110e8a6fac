import type { Table } from '../insight/table.ts';
import { harmless } from '../library/words.ts';
import { paint } from './output.ts';

/** Columns set flush right under their heads. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => cell.padStart(widths[column]! + (column > 0 ? 3 : 0))).join('');
  return [paint.dim(line(head)), ...rows.map(line)].join('\n');
}

/** A table below its title. */
export function titled({ title, header, rows }: Table): string {
  return `${paint.bold(title)}\n${columns(header, rows)}`;
}

/** Named facts, one a line. */
export function table(rows: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${paint.cyan(name.padEnd(width))}  ${harmless(String(value))}`).join('\n');
}
