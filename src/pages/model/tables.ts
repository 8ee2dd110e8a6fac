import { element } from '../dom.ts';

/** A cell: its text, or what it shows. */
export type Cell = string | Node;

/** Fills a table. Columns from `numbers` on are of numbers. */
export function fillTable(
  table: HTMLTableElement,
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  numbers: number,
): void {
  const kind = (column: number) => (column >= numbers ? 'number' : '');
  const heads = header.map((name, column) => element('th', { className: kind(column), scope: 'col' }, name));
  const lines = rows.map((cells) =>
    element('tr', {}, ...cells.map((cell, column) => element('td', { className: kind(column) || 'completion' }, cell))),
  );
  table.replaceChildren(element('thead', {}, element('tr', {}, ...heads)), element('tbody', {}, ...lines));
}
