import { reads, updates, writes } from '../operand.ts';
import type { Entries, Entry } from './entry.ts';

const ACTIVATION_FORWARD = {
  part: 'gates',
  operands: (a, n) => [updates('a', a, 1, n)],
  example: ({ blocks: [a] }, _rows, n) => [a, n],
} as const satisfies Entry<'tanhForward'>;

const ACTIVATION_BACKWARD = {
  part: 'gates',
  operands: (h, dh, n) => [updates('h', h, 1, n), reads('dh', dh, 1, n)],
  example: ({ blocks: [h, dh] }, _rows, n) => [h, dh, n],
} as const satisfies Entry<'tanhBackward'>;

/** Activations, and the gates of the LSTM and the GRU. */
export const GATES = {
  tanhForward: ACTIVATION_FORWARD,
  tanhBackward: ACTIVATION_BACKWARD,
  logisticForward: ACTIVATION_FORWARD,
  logisticBackward: ACTIVATION_BACKWARD,
  reluForward: ACTIVATION_FORWARD,
  reluBackward: ACTIVATION_BACKWARD,
  lstmForward: {
    part: 'gates',
    operands: (h, cell, gates, cellPrevious, rows, hidden) => [
      writes('h', h, rows, hidden),
      writes('cell', cell, rows, hidden),
      updates('gates', gates, rows, 4 * hidden),
      reads('cellPrevious', cellPrevious, rows, hidden),
    ],
    example: ({ blocks: [gates, cellPrevious, h, cell] }, rows, n) => [h, cell, gates, cellPrevious, rows, n],
  },
  lstmBackward: {
    part: 'gates',
    operands: (gates, dCell, dh, cell, cellPrevious, rows, hidden) => [
      updates('gates', gates, rows, 4 * hidden),
      updates('dCell', dCell, rows, hidden),
      reads('dh', dh, rows, hidden),
      reads('cell', cell, rows, hidden),
      reads('cellPrevious', cellPrevious, rows, hidden),
    ],
    example: ({ blocks: [gates, dCell, dh, cell, cellPrevious] }, rows, n) => [
      gates,
      dCell,
      dh,
      cell,
      cellPrevious,
      rows,
      n,
    ],
  },
  gruResetForward: {
    part: 'gates',
    operands: (resetHidden, gates, hPrevious, rows, hidden) => [
      writes('resetHidden', resetHidden, rows, hidden),
      updates('gates.rz', gates, rows, 2 * hidden, 3 * hidden),
      reads('hPrevious', hPrevious, rows, hidden),
    ],
    example: ({ blocks: [gates, hPrevious, resetHidden] }, rows, n) => [resetHidden, gates, hPrevious, rows, n],
  },
  gruForward: {
    part: 'gates',
    operands: (h, gates, hPrevious, rows, hidden) => [
      writes('h', h, rows, hidden),
      reads('gates.z', gates + hidden, rows, hidden, 3 * hidden),
      updates('gates.n', gates + 2 * hidden, rows, hidden, 3 * hidden),
      reads('hPrevious', hPrevious, rows, hidden),
    ],
    example: ({ blocks: [gates, hPrevious, h] }, rows, n) => [h, gates, hPrevious, rows, n],
  },
  gruBackward: {
    part: 'gates',
    operands: (gates, dPrevious, dh, hPrevious, rows, hidden) => [
      updates('gates.zn', gates + hidden, rows, 2 * hidden, 3 * hidden),
      writes('dPrevious', dPrevious, rows, hidden),
      reads('dh', dh, rows, hidden),
      reads('hPrevious', hPrevious, rows, hidden),
    ],
    example: ({ blocks: [gates, dh, hPrevious, dPrevious] }, rows, n) => [gates, dPrevious, dh, hPrevious, rows, n],
  },
  gruResetBackward: {
    part: 'gates',
    operands: (gates, dPrevious, dResetHidden, hPrevious, rows, hidden) => [
      updates('gates.r', gates, rows, hidden, 3 * hidden),
      updates('dPrevious', dPrevious, rows, hidden),
      reads('dResetHidden', dResetHidden, rows, hidden),
      reads('hPrevious', hPrevious, rows, hidden),
    ],
    example: ({ blocks: [gates, dPrevious, d, hPrevious] }, rows, n) => [gates, dPrevious, d, hPrevious, rows, n],
  },
  gruAfterForward: {
    part: 'gates',
    operands: (h, gates, inner, hPrevious, rows, hidden) => [
      writes('h', h, rows, hidden),
      updates('gates', gates, rows, 3 * hidden),
      reads('inner', inner, rows, hidden),
      reads('hPrevious', hPrevious, rows, hidden),
    ],
    example: ({ blocks: [gates, hPrevious, h, inner] }, rows, n) => [h, gates, inner, hPrevious, rows, n],
  },
  gruAfterBackward: {
    part: 'gates',
    operands: (gates, inner, dPrevious, dh, hPrevious, rows, hidden) => [
      updates('gates', gates, rows, 3 * hidden),
      updates('inner', inner, rows, hidden),
      writes('dPrevious', dPrevious, rows, hidden),
      reads('dh', dh, rows, hidden),
      reads('hPrevious', hPrevious, rows, hidden),
    ],
    example: ({ blocks: [gates, inner, dPrevious, dh, hPrevious] }, rows, n) => [
      gates,
      inner,
      dPrevious,
      dh,
      hPrevious,
      rows,
      n,
    ],
  },
} as const satisfies Entries;
