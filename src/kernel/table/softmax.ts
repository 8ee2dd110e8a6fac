import { reads, readsInts, updates, writes } from '../operand.ts';
import type { Entries } from './entry.ts';

/** Softmax. */
export const SOFTMAX = {
  softmaxCrossEntropy: {
    part: 'softmax',
    operands: (logits, losses, targets, rows, symbols) => [
      updates('logits', logits, rows, symbols),
      writes('losses', losses, 1, rows),
      { ...readsInts('targets', targets, rows), limit: symbols },
    ],
    example: ({ blocks: [logits, losses], ints }, rows, n) => [logits, losses, ints, rows, n, 0.5],
  },
  softmaxForward: {
    part: 'softmax',
    operands: (a, rows, n, stride) => [updates('a', a, rows, n, stride)],
    example: ({ blocks: [a] }, rows, n) => [a, rows, n, n + 3],
  },
  softmaxBackward: {
    part: 'softmax',
    operands: (d, p, rows, n, stride) => [updates('d', d, rows, n, stride), reads('p', p, rows, n, stride)],
    example: ({ blocks: [d, , p] }, rows, n) => [d, p, rows, n, n + 3],
  },
} as const satisfies Entries;
