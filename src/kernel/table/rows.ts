import { NONE } from '../contract.ts';
import { reads, readsInts, updates, writes } from '../operand.ts';
import type { Entries } from './entry.ts';

/** Rows of matrices, and dropout. */
export const ROWS = {
  gatherRows: {
    part: 'rows and biases',
    operands: (out, table, ids, bias, rows, n) => [
      writes('out', out, rows, n),
      { ...readsInts('ids', ids, rows), isIds: true },
      { ...reads('table', table, 0, n), rows: { address: ids, count: rows } },
      ...(bias === NONE ? [] : [reads('bias', bias, 1, n)]),
    ],
    example: ({ blocks: [out, table, bias], ints }, rows, n) => [out, table, ints, bias, rows, n],
  },
  scatterRows: {
    part: 'rows and biases',
    operands: (table, d, ids, rows, n, strideTable, strideD) => [
      { ...readsInts('ids', ids, rows), isIds: true },
      { ...updates('table', table, 0, n, strideTable), rows: { address: ids, count: rows } },
      reads('d', d, rows, n, strideD),
    ],
    example: ({ blocks: [table, d], ints }, rows, n) => [table, d, ints, rows, n, n + 1, n + 2],
  },
  sumRows: {
    part: 'rows and biases',
    operands: (out, d, rows, n, strideD) => [updates('out', out, 1, n), reads('d', d, rows, n, strideD)],
    example: ({ blocks: [out, d] }, rows, n) => [out, d, rows, n, n + 1],
  },
  keepRows: {
    part: 'rows and biases',
    operands: (out, a, keep, rows, n) => [
      writes('out', out, rows, n),
      { ...reads('a', a, rows, n), inPlaceOf: 'out' },
      readsInts('keep', keep, rows),
    ],
    example: ({ blocks: [out, a], ints }, rows, n) => [out, a, ints, rows, n],
  },
  addKeptRows: {
    part: 'rows and biases',
    operands: (out, a, keep, rows, n) => [
      updates('out', out, rows, n),
      reads('a', a, rows, n),
      readsInts('keep', keep, rows),
    ],
    example: ({ blocks: [out, a], ints }, rows, n) => [out, a, ints, rows, n],
  },
  restoreRows: {
    part: 'rows and biases',
    operands: (out, a, mask, rows, n) => [
      updates('out', out, rows, n),
      reads('a', a, rows, n),
      readsInts('mask', mask, rows),
    ],
    example: ({ blocks: [out, a], ints }, rows, n) => [out, a, ints, rows, n],
  },
  moveRows: {
    part: 'rows and biases',
    operands: (out, a, mask, rows, n) => [
      writes('out', out, rows, n),
      updates('a', a, rows, n),
      readsInts('mask', mask, rows),
    ],
    example: ({ blocks: [out, a], ints }, rows, n) => [out, a, ints, rows, n],
  },
  fill: {
    part: 'rows and biases',
    acrossTensors: true,
    operands: (out, _value, n) => [writes('out', out, 1, n)],
    example: ({ blocks: [out] }, _rows, n) => [out, 0.5, n],
  },
  dropout: {
    part: 'dropout',
    operands: (out, a, n) => [writes('out', out, 1, n), { ...reads('a', a, 1, n), inPlaceOf: 'out' }],
    example: ({ blocks: [out, a] }, _rows, n) => [out, a, n, 7, 0x9234_5678, 0.5],
  },
} as const satisfies Entries;
