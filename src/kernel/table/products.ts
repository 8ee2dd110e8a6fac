import { packedSize } from '../contract.ts';
import { reads, updates, writes } from '../operand.ts';
import type { Entries } from './entry.ts';

/** Products, and the packed layout of their right-hand matrix. */
export const PRODUCTS = {
  pack: {
    part: 'packing',
    operands: (packed, b, k, n, stride) => [writes('packed', packed, 1, packedSize(k, n)), reads('b', b, k, n, stride)],
    example: ({ blocks: [b], packed }, _rows, n, k) => [packed, b, k, n, n + 1],
  },
  packTransposed: {
    part: 'packing',
    operands: (packed, b, k, n, stride) => [writes('packed', packed, 1, packedSize(k, n)), reads('b', b, n, k, stride)],
    example: ({ blocks: [b], packed }, _rows, n, k) => [packed, b, k, n, k + 1],
  },
  multiply: {
    part: 'matrix products',
    operands: (c, start, a, packed, m, n, k, strideC, strideStart, strideA) => [
      writes('c', c, m, n, strideC),
      { ...reads('start', start, strideStart === 0 ? Math.min(m, 1) : m, n, strideStart), inPlaceOf: 'c' },
      reads('a', a, m, k, strideA),
      reads('packed', packed, 1, packedSize(k, n)),
    ],
    example: ({ blocks: [c, start, a], packed }, rows, n, k) => [c, start, a, packed, rows, n, k, n + 1, n + 2, k + 3],
  },
  multiplyTransposed: {
    part: 'matrix products',
    operands: (c, a, b, m, n, k, strideC, strideA, strideB) => [
      updates('c', c, m, n, strideC),
      reads('a', a, k, m, strideA),
      reads('b', b, k, n, strideB),
    ],
    example: ({ blocks: [c, a, b] }, rows, n, k) => [c, a, b, rows, n, k, n + 1, rows + 2, n + 3],
  },
} as const satisfies Entries;
