import type { CellKind } from '../cell.ts';
import { gru } from './gru.ts';
import { lstm } from './lstm.ts';
import { rnn } from './rnn.ts';

/** The kinds of recurrent cells, by their names. */
export const CELL_KINDS = { rnn, lstm, gru } as const satisfies Readonly<Record<string, CellKind>>;
export type CellName = keyof typeof CELL_KINDS;

export const CELLS = Object.keys(CELL_KINDS) as [CellName, ...CellName[]];

/** G: the number of gates of a kind of cell. */
export function gateCount(cell: CellName): number {
  return CELL_KINDS[cell].gates.length;
}
