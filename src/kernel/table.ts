import { type Address, type FunctionName, type KernelFunctions, NONE, packedSize } from './contract.ts';
import { type Operand, reads, readsInts, updates, writes } from './operand.ts';

/** What the time of a training step goes into. */
export const PARTS = [
  'matrix products',
  'gates',
  'rows and biases',
  'softmax',
  'attention',
  'packing',
  'dropout',
  'optimizer',
] as const;
export type Part = (typeof PARTS)[number];

interface Entry<Name extends FunctionName> {
  readonly part: Part;
  /** Whether the function treats its operands as plain lists of numbers, which may run on from one tensor into the next. */
  readonly acrossTensors?: true;
  /** All that a call with these arguments reads and writes, as the contract says. */
  operands(...call: Parameters<KernelFunctions[Name]>): readonly Operand[];
  /** The arguments of a call for trials: on matrices of `rows` × `n` numbers; `k` is what a product sums over. */
  example(at: Places, rows: number, n: number, k: number): Parameters<KernelFunctions[Name]>;
}

/** Where the operands of a trial lie. */
export interface Places {
  /** Floating-point numbers: of both signs in the first two blocks, positive in the others. */
  readonly blocks: readonly [Address, Address, Address, Address, Address];
  /** Integers from 0 to 2, for ids, masks and targets. */
  readonly ints: Address;
  /** Room for a packed matrix. */
  readonly packed: Address;
}

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

// What the examples of updates are told.
const SGD = { rate: 0.1, scale: 0.5, momentum: 0.9, weightDecay: 0.01 };
const ADAGRAD = { rate: 0.1, scale: 0.5, epsilon: 1e-8, weightDecay: 0.01 };
const RMSPROP = { ...ADAGRAD, smoothing: 0.95 };
const ADAM = { ...ADAGRAD, beta1: 0.9, beta2: 0.999, step: 3 };

/**
 * Every function of the contract: its part of the profile, its operands, and an example of a call. `profile.ts`, `checked.ts` and
 * `trial.ts` work from this table, and the compiler refuses a table that lacks a function.
 */
export const TABLE = {
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

  tanhForward: ACTIVATION_FORWARD,
  tanhBackward: ACTIVATION_BACKWARD,
  logisticForward: ACTIVATION_FORWARD,
  logisticBackward: ACTIVATION_BACKWARD,
  reluForward: ACTIVATION_FORWARD,
  reluBackward: ACTIVATION_BACKWARD,

  lstmForward: {
    part: 'gates',
    operands: (h, cell, cellTanh, gates, cellPrevious, rows, hidden) => [
      writes('h', h, rows, hidden),
      writes('cell', cell, rows, hidden),
      writes('cellTanh', cellTanh, rows, hidden),
      updates('gates', gates, rows, 4 * hidden),
      reads('cellPrevious', cellPrevious, rows, hidden),
    ],
    example: ({ blocks: [gates, cellPrevious, h, cell, cellTanh] }, rows, n) => [
      h,
      cell,
      cellTanh,
      gates,
      cellPrevious,
      rows,
      n,
    ],
  },
  lstmBackward: {
    part: 'gates',
    operands: (gates, dCell, dh, cellTanh, cellPrevious, rows, hidden) => [
      updates('gates', gates, rows, 4 * hidden),
      updates('dCell', dCell, rows, hidden),
      reads('dh', dh, rows, hidden),
      reads('cellTanh', cellTanh, rows, hidden),
      reads('cellPrevious', cellPrevious, rows, hidden),
    ],
    example: ({ blocks: [gates, dCell, dh, cellTanh, cellPrevious] }, rows, n) => [
      gates,
      dCell,
      dh,
      cellTanh,
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
} as const satisfies { readonly [Name in FunctionName]: Entry<Name> };

/** A row of the table, whatever its function's parameters are. */
export type AnyEntry = Pick<Entry<FunctionName>, 'part' | 'acrossTensors'> & {
  operands(...call: never[]): readonly Operand[];
  example(at: Places, rows: number, n: number, k: number): unknown[];
};

/** The table's rows with the names of their functions. */
export const ENTRIES = Object.entries(TABLE) as readonly (readonly [FunctionName, AnyEntry])[];
