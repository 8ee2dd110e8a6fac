import { reads, updates, writes } from '../operand.ts';
import type { Entries } from './entry.ts';

/** Scores of additive attention. */
export const ATTENTION = {
  additiveScores: {
    part: 'attention',
    operands: (scores, q, keys, v, steps, length, width, strideScores, stride) => [
      writes('scores', scores, steps, length, strideScores),
      reads('q', q, steps, width, stride),
      reads('keys', keys, length, width, stride),
      reads('v', v, 1, width),
    ],
    example: ({ blocks: [q, keys, v, scores] }, rows, n) => [scores, q, keys, v, rows, rows, n, rows + 1, n + 2],
  },
  additiveScoresBackward: {
    part: 'attention',
    operands: (dq, dKeys, dv, dScores, q, keys, v, steps, length, width, strideScores, stride) => [
      updates('dq', dq, steps, width, stride),
      updates('dKeys', dKeys, length, width, stride),
      updates('dv', dv, 1, width),
      reads('dScores', dScores, steps, length, strideScores),
      reads('q', q, steps, width, stride),
      reads('keys', keys, length, width, stride),
      reads('v', v, 1, width),
    ],
    // The keys are the queries: a trial has no room for seven blocks.
    example: ({ blocks: [q, dScores, dq, dKeys, dv] }, rows, n) => [
      dq,
      dKeys,
      dv,
      dScores,
      q,
      q,
      q,
      rows,
      rows,
      n,
      rows + 1,
      n + 2,
    ],
  },
} as const satisfies Entries;
