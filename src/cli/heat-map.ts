import stringWidth from 'string-width';
import type { HeatMap } from '../insight/heat-map.ts';
import { paint, terminalColumns } from './output.ts';
import { tabbed } from './tables.ts';

/** How values in [0, 1] look, from the least. */
const SHADES = [' ', '░', '▒', '▓', '█'] as const;

/** A column is at least so wide, without the space before it. */
const LEAST_WIDTH = 2;

/**
 * A map in characters: a line for each row, with its name, the name of the column that has the largest value, and that value. Columns for which a
 * terminal has no room follow below.
 */
export function terminalHeatMap({ title, rows, columns, values }: HeatMap, room = terminalColumns()): string {
  const widths = columns.map((name) => Math.max(LEAST_WIDTH, stringWidth(name)) + 1);
  const largest = values.map((row) => row.indexOf(Math.max(...row)));
  const heads = rows.map((name, row) => [name, columns[largest[row]!]!, values[row]![largest[row]!]!.toFixed(2)]);
  const head = ['', 'most', ''].map((name, at) =>
    Math.max(name.length, ...heads.map((cells) => stringWidth(cells[at]!))),
  );
  const beside = head.reduce((sum, width) => sum + width + 1, 0);
  const parts = blocks(widths, room - beside).map(({ start, end }) => [
    paint.dim(
      `${headOf(['', 'most', ''], head)}${columns
        .slice(start, end)
        .map((name, at) => padStart(name, widths[start + at]!))
        .join('')}`,
    ),
    ...rows.map((_, row) => {
      const cells = values[row]!.slice(start, end).map(
        (value, at) => ` ${shadeOf(value).repeat(widths[start + at]! - 1)}`,
      );
      return `${headOf(heads[row]!, head)}${cells.join('')}`.trimEnd();
    }),
  ]);
  return [paint.bold(title), ...parts.map((lines) => lines.join('\n'))].join('\n');
}

/** A map for a program: its names and its values as a table. */
export function tabbedHeatMap({ rows, columns, values }: HeatMap): string {
  const lines = rows.map((name, row) => [name, ...values[row]!.map((value) => value.toFixed(4))]);
  return tabbed({ header: ['', ...columns], rows: lines });
}

/** Ranges of columns that fit side by side. */
function blocks(widths: readonly number[], room: number): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  let used = 0;
  for (const [column, width] of widths.entries()) {
    if (found.length === 0 || used + width > room) {
      found.push({ start: column, end: column });
      used = 0;
    }
    used += width;
    found.at(-1)!.end = column + 1;
  }
  return found;
}

function headOf(
  [name = '', most = '', value = '']: readonly string[],
  [first = 0, second = 0, third = 0]: readonly number[],
): string {
  return `${padEnd(name, first)} ${padEnd(most, second)} ${value.padStart(third)} `;
}

function shadeOf(value: number): string {
  return SHADES[Math.min(SHADES.length - 1, Math.round(value * (SHADES.length - 1)))]!;
}

function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - stringWidth(text))) + text;
}

function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - stringWidth(text)));
}
