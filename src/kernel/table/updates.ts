import { reads, updates } from '../operand.ts';
import type { Entries } from './entry.ts';

// What the examples of updates are told.
const SGD = { rate: 0.1, scale: 0.5, momentum: 0.9, weightDecay: 0.01 };
const ADAGRAD = { rate: 0.1, scale: 0.5, epsilon: 1e-8, weightDecay: 0.01 };
const RMSPROP = { ...ADAGRAD, smoothing: 0.95 };
const ADAM = { ...ADAGRAD, beta1: 0.9, beta2: 0.999, step: 3 };

/** Updates of parameters, and what they need to know of the gradient. */
export const UPDATES = {
  sumOfSquares: {
    part: 'optimizer',
    acrossTensors: true,
    operands: (g, n) => [reads('g', g, 1, n)],
    example: ({ blocks: [g] }, _rows, n) => [g, n],
  },
  clamp: {
    part: 'optimizer',
    acrossTensors: true,
    operands: (g, _limit, n) => [updates('g', g, 1, n)],
    example: ({ blocks: [g] }, _rows, n) => [g, 0.7, n],
  },
  sgd: {
    part: 'optimizer',
    acrossTensors: true,
    operands: (p, g, velocity, n) => [updates('p', p, 1, n), reads('g', g, 1, n), updates('velocity', velocity, 1, n)],
    example: ({ blocks: [p, g, velocity] }, _rows, n) => [p, g, velocity, n, SGD],
  },
  rmsProp: {
    part: 'optimizer',
    acrossTensors: true,
    operands: (p, g, s, n) => [updates('p', p, 1, n), reads('g', g, 1, n), updates('s', s, 1, n)],
    example: ({ blocks: [p, g, s] }, _rows, n) => [p, g, s, n, RMSPROP],
  },
  adagrad: {
    part: 'optimizer',
    acrossTensors: true,
    operands: (p, g, s, n) => [updates('p', p, 1, n), reads('g', g, 1, n), updates('s', s, 1, n)],
    example: ({ blocks: [p, g, s] }, _rows, n) => [p, g, s, n, ADAGRAD],
  },
  adam: {
    part: 'optimizer',
    acrossTensors: true,
    operands: (p, g, m, v, n) => [
      updates('p', p, 1, n),
      reads('g', g, 1, n),
      updates('m', m, 1, n),
      updates('v', v, 1, n),
    ],
    example: ({ blocks: [p, g, m, v] }, _rows, n) => [p, g, m, v, n, ADAM],
  },
  average: {
    part: 'optimizer',
    acrossTensors: true,
    operands: (mean, p, n) => [updates('mean', mean, 1, n), reads('p', p, 1, n)],
    example: ({ blocks: [mean, p] }, _rows, n) => [mean, p, n, 0.03],
  },
} as const satisfies Entries;
