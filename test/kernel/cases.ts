import type { Kernels } from '../../src/kernel/contract.ts';
import { NONE } from '../../src/kernel/contract.ts';
import type { Addresses, Operands } from './subjects.ts';
import { numbersFrom } from './subjects.ts';

/** A way to call one function of the contract, for any sizes. */
export interface Case {
  readonly name: string;
  /** How many sizes it takes. */
  readonly sizes: 1 | 2;
  operands(floats: Floats, ids: Ids, a: number, b: number): Operands;
  call(kernels: Kernels, at: Addresses, a: number, b: number): void;
  /** Largest error allowed, relative to the larger of the result and `unit`. */
  readonly tolerance: number;
  readonly unit: number;
}

/** `count` random numbers between `from` and `to`; between −2 and 2 by default. */
export type Floats = (count: number, from?: number, to?: number) => Float32Array;
/** `count` random integers, at least `from` (0 by default) and less than `end`. */
export type Ids = (count: number, end: number, from?: number) => Int32Array;

export function generators(seed: number): [Floats, Ids] {
  const random = numbersFrom(seed);
  return [
    (count, from = -2, to = 2) => filled(new Float32Array(count), () => from + (to - from) * random()),
    (count, end, from = 0) => filled(new Int32Array(count), () => from + Math.floor((end - from) * random())),
  ];
}

/** A loop: it makes the whole suite of kernels three times as fast as `Float32Array.from`, which takes most of its time. */
function filled<Numbers extends Float32Array | Int32Array>(numbers: Numbers, next: () => number): Numbers {
  for (let i = 0; i < numbers.length; i++) numbers[i] = next();
  return numbers;
}

/** Rows of the tables that rows are gathered from and scattered into. */
const TABLE_ROWS = 7;
/** By how many numbers a stride exceeds a row, in the cases that have a stride. */
const PADDING = 3;

/** Steps of the source in the cases of attention. */
const KEYS = 5;

const elementwise = { tolerance: 1e-6, unit: 1 };
const exact = { tolerance: 0, unit: 1 };

export const CASES: Case[] = [
  {
    name: 'gatherRows',
    sizes: 2,
    ...exact,
    operands: (floats, ids, rows, n) => ({
      out: floats(rows * n),
      table: floats(TABLE_ROWS * n),
      ids: ids(rows, TABLE_ROWS),
    }),
    call: (k, at, rows, n) => k.gatherRows(at.out!, at.table!, at.ids!, NONE, rows, n),
  },
  {
    name: 'gatherRows with a bias',
    sizes: 2,
    ...elementwise,
    operands: (floats, ids, rows, n) => ({
      out: floats(rows * n),
      table: floats(TABLE_ROWS * n),
      ids: ids(rows, TABLE_ROWS),
      bias: floats(n),
    }),
    call: (k, at, rows, n) => k.gatherRows(at.out!, at.table!, at.ids!, at.bias!, rows, n),
  },
  {
    name: 'scatterRows',
    sizes: 2,
    tolerance: 1e-6,
    unit: 100,
    operands: (floats, ids, rows, n) => ({
      table: floats(TABLE_ROWS * (n + PADDING)),
      d: floats(rows * (n + 2 * PADDING)),
      ids: ids(rows, TABLE_ROWS),
    }),
    call: (k, at, rows, n) => k.scatterRows(at.table!, at.d!, at.ids!, rows, n, n + PADDING, n + 2 * PADDING),
  },
  {
    name: 'sumRows',
    sizes: 2,
    tolerance: 1e-6,
    unit: 100,
    operands: (floats, _ids, rows, n) => ({ out: floats(n), d: floats(rows * (n + PADDING)) }),
    call: (k, at, rows, n) => k.sumRows(at.out!, at.d!, rows, n, n + PADDING),
  },
  {
    name: 'keepRows',
    sizes: 2,
    ...exact,
    operands: (floats, ids, rows, n) => ({ out: floats(rows * n), a: floats(rows * n), keep: ids(rows, 2) }),
    call: (k, at, rows, n) => k.keepRows(at.out!, at.a!, at.keep!, rows, n),
  },
  {
    name: 'keepRows in place',
    sizes: 2,
    ...exact,
    operands: (floats, ids, rows, n) => ({ a: floats(rows * n), keep: ids(rows, 2) }),
    call: (k, at, rows, n) => k.keepRows(at.a!, at.a!, at.keep!, rows, n),
  },
  {
    name: 'addKeptRows',
    sizes: 2,
    ...elementwise,
    operands: (floats, ids, rows, n) => ({ out: floats(rows * n), a: floats(rows * n), keep: ids(rows, 3, -1) }),
    call: (k, at, rows, n) => k.addKeptRows(at.out!, at.a!, at.keep!, rows, n),
  },
  {
    name: 'restoreRows',
    sizes: 2,
    ...exact,
    operands: (floats, ids, rows, n) => ({ out: floats(rows * n), a: floats(rows * n), mask: ids(rows, 2, -1) }),
    call: (k, at, rows, n) => k.restoreRows(at.out!, at.a!, at.mask!, rows, n),
  },
  {
    name: 'moveRows',
    sizes: 2,
    ...exact,
    operands: (floats, ids, rows, n) => ({ out: floats(rows * n), a: floats(rows * n), mask: ids(rows, 2, -1) }),
    call: (k, at, rows, n) => k.moveRows(at.out!, at.a!, at.mask!, rows, n),
  },
  ...([0, 0.3, 0.9] as const).map(
    (p): Case => ({
      name: `dropout of ${p}`,
      sizes: 2,
      ...elementwise,
      operands: (floats, _ids, place, n) => ({ out: floats(n), a: floats(n + place) }),
      call: (k, at, place, n) => k.dropout(at.out!, at.a!, n, place, 0x9234_5678, p),
    }),
  ),
  {
    name: 'dropout in place',
    sizes: 1,
    ...elementwise,
    operands: (floats, _ids, n) => ({ a: floats(n) }),
    call: (k, at, n) => k.dropout(at.a!, at.a!, n, 4_000_000_000, 7, 0.5),
  },
  {
    name: 'average',
    sizes: 1,
    ...elementwise,
    operands: (floats, _ids, n) => ({ mean: floats(n), p: floats(n) }),
    call: (k, at, n) => k.average(at.mean!, at.p!, n, 0.03),
  },
  {
    name: 'fill',
    sizes: 1,
    ...elementwise,
    operands: (floats, _ids, n) => ({ out: floats(n) }),
    call: (k, at, n) => k.fill(at.out!, 0.3, n),
  },
  {
    name: 'fill with 0',
    sizes: 1,
    ...exact,
    operands: (floats, _ids, n) => ({ out: floats(n) }),
    call: (k, at, n) => k.fill(at.out!, 0, n),
  },
  ...(['tanhForward', 'logisticForward', 'reluForward'] as const).map(
    (name): Case => ({
      name,
      sizes: 1,
      ...elementwise,
      operands: (floats, _ids, n) => ({ a: floats(n, -9, 9) }),
      call: (k, at, n) => k[name](at.a!, n),
    }),
  ),
  ...(['tanhBackward', 'logisticBackward', 'reluBackward'] as const).map(
    (name): Case => ({
      name,
      sizes: 1,
      ...elementwise,
      operands: (floats, _ids, n) => ({ h: floats(n, name === 'logisticBackward' ? 0 : -1, 1), dh: floats(n) }),
      call: (k, at, n) => k[name](at.h!, at.dh!, n),
    }),
  ),
  {
    name: 'lstmForward',
    sizes: 2,
    ...elementwise,
    operands: (floats, _ids, rows, hidden) => ({
      h: floats(rows * hidden),
      cell: floats(rows * hidden),
      gates: floats(4 * rows * hidden, -6, 6),
      cellPrevious: floats(rows * hidden),
    }),
    call: (k, at, rows, hidden) => k.lstmForward(at.h!, at.cell!, at.gates!, at.cellPrevious!, rows, hidden),
  },
  {
    name: 'lstmBackward',
    sizes: 2,
    ...elementwise,
    operands: (floats, _ids, rows, hidden) => ({
      gates: floats(4 * rows * hidden, 0, 1),
      dCell: floats(rows * hidden),
      dh: floats(rows * hidden),
      cell: floats(rows * hidden),
      cellPrevious: floats(rows * hidden),
    }),
    call: (k, at, rows, hidden) =>
      k.lstmBackward(at.gates!, at.dCell!, at.dh!, at.cell!, at.cellPrevious!, rows, hidden),
  },
  {
    name: 'gruResetForward',
    sizes: 2,
    ...elementwise,
    operands: (floats, _ids, rows, hidden) => ({
      resetHidden: floats(rows * hidden),
      gates: floats(3 * rows * hidden, -6, 6),
      hPrevious: floats(rows * hidden),
    }),
    call: (k, at, rows, hidden) => k.gruResetForward(at.resetHidden!, at.gates!, at.hPrevious!, rows, hidden),
  },
  {
    name: 'gruForward',
    sizes: 2,
    ...elementwise,
    operands: (floats, _ids, rows, hidden) => ({
      h: floats(rows * hidden),
      gates: floats(3 * rows * hidden, 0, 1),
      hPrevious: floats(rows * hidden),
    }),
    call: (k, at, rows, hidden) => k.gruForward(at.h!, at.gates!, at.hPrevious!, rows, hidden),
  },
  ...(['gruBackward', 'gruResetBackward'] as const).map(
    (name): Case => ({
      name,
      sizes: 2,
      ...elementwise,
      operands: (floats, _ids, rows, hidden) => ({
        gates: floats(3 * rows * hidden, 0, 1),
        dPrevious: floats(rows * hidden),
        d: floats(rows * hidden),
        hPrevious: floats(rows * hidden),
      }),
      call: (k, at, rows, hidden) => k[name](at.gates!, at.dPrevious!, at.d!, at.hPrevious!, rows, hidden),
    }),
  ),
  {
    name: 'gruAfterForward',
    sizes: 2,
    ...elementwise,
    operands: (floats, _ids, rows, hidden) => ({
      h: floats(rows * hidden),
      gates: floats(3 * rows * hidden, -6, 6),
      inner: floats(rows * hidden),
      hPrevious: floats(rows * hidden),
    }),
    call: (k, at, rows, hidden) => k.gruAfterForward(at.h!, at.gates!, at.inner!, at.hPrevious!, rows, hidden),
  },
  {
    name: 'gruAfterBackward',
    sizes: 2,
    ...elementwise,
    operands: (floats, _ids, rows, hidden) => ({
      gates: floats(3 * rows * hidden, 0, 1),
      inner: floats(rows * hidden),
      dPrevious: floats(rows * hidden),
      dh: floats(rows * hidden),
      hPrevious: floats(rows * hidden),
    }),
    call: (k, at, rows, hidden) =>
      k.gruAfterBackward(at.gates!, at.inner!, at.dPrevious!, at.dh!, at.hPrevious!, rows, hidden),
  },
  {
    name: 'softmaxCrossEntropy',
    sizes: 2,
    ...elementwise,
    // A row of no symbols has no target.
    operands: (floats, ids, rows, symbols) => ({
      logits: floats(rows * symbols, -20, 20),
      losses: floats(rows),
      targets: ids(rows, symbols, -1),
    }),
    call: (k, at, rows, symbols) => k.softmaxCrossEntropy(at.logits!, at.losses!, at.targets!, rows, symbols, 0.25),
  },
  {
    name: 'softmaxForward',
    sizes: 2,
    ...elementwise,
    operands: (floats, _ids, rows, n) => ({ a: floats(rows * (n + PADDING), -20, 20) }),
    call: (k, at, rows, n) => k.softmaxForward(at.a!, rows, n, n + PADDING),
  },
  {
    name: 'softmaxBackward',
    sizes: 2,
    tolerance: 1e-6,
    unit: 100,
    operands: (floats, _ids, rows, n) => ({
      d: floats(rows * (n + PADDING)),
      p: floats(rows * (n + PADDING), 0, 1),
    }),
    call: (k, at, rows, n) => k.softmaxBackward(at.d!, at.p!, rows, n, n + PADDING),
  },
  {
    name: 'additiveScores',
    sizes: 2,
    tolerance: 1e-6,
    unit: 100,
    operands: (floats, _ids, rows, n) => ({
      scores: floats(rows * (KEYS + PADDING)),
      q: floats(rows * (n + PADDING)),
      keys: floats(KEYS * (n + PADDING)),
      v: floats(n),
    }),
    call: (k, at, rows, n) =>
      k.additiveScores(at.scores!, at.q!, at.keys!, at.v!, rows, KEYS, n, KEYS + PADDING, n + PADDING),
  },
  {
    name: 'additiveScoresBackward',
    sizes: 2,
    tolerance: 1e-6,
    unit: 100,
    operands: (floats, _ids, rows, n) => ({
      dq: floats(rows * (n + PADDING)),
      dKeys: floats(KEYS * (n + PADDING)),
      dv: floats(n),
      dScores: floats(rows * (KEYS + PADDING)),
      q: floats(rows * (n + PADDING)),
      keys: floats(KEYS * (n + PADDING)),
      v: floats(n),
    }),
    call: (k, { dq, dKeys, dv, dScores, q, keys, v }, rows, n) =>
      k.additiveScoresBackward(dq!, dKeys!, dv!, dScores!, q!, keys!, v!, rows, KEYS, n, KEYS + PADDING, n + PADDING),
  },
  {
    name: 'sumOfSquares',
    sizes: 1,
    tolerance: 1e-7,
    unit: 1e-3,
    operands: (floats, _ids, n) => ({ g: floats(n), sum: floats(1) }),
    call: (k, at, n) => {
      k.floats[at.sum!] = k.sumOfSquares(at.g!, n);
    },
  },
  {
    name: 'clamp',
    sizes: 1,
    ...elementwise,
    operands: (floats, _ids, n) => ({ g: floats(n) }),
    call: (k, at, n) => k.clamp(at.g!, 0.7, n),
  },
  {
    name: 'sgd',
    sizes: 1,
    ...elementwise,
    operands: (floats, _ids, n) => ({ p: floats(n), g: floats(n), velocity: floats(n) }),
    call: (k, at, n) =>
      k.sgd(at.p!, at.g!, at.velocity!, n, { rate: 0.1, scale: 0.5, momentum: 0.9, weightDecay: 0.01 }),
  },
  {
    name: 'rmsProp',
    sizes: 1,
    ...elementwise,
    operands: (floats, _ids, n) => ({ p: floats(n), g: floats(n), s: floats(n, 0.01, 2) }),
    call: (k, at, n) =>
      k.rmsProp(at.p!, at.g!, at.s!, n, {
        rate: 0.002,
        scale: 0.5,
        smoothing: 0.95,
        epsilon: 1e-8,
        weightDecay: 0.01,
      }),
  },
  {
    name: 'adagrad',
    sizes: 1,
    ...elementwise,
    operands: (floats, _ids, n) => ({ p: floats(n), g: floats(n), s: floats(n, 0.01, 2) }),
    call: (k, at, n) => k.adagrad(at.p!, at.g!, at.s!, n, { rate: 0.1, scale: 0.5, epsilon: 1e-8, weightDecay: 0.01 }),
  },
  {
    name: 'adam',
    sizes: 1,
    ...elementwise,
    operands: (floats, _ids, n) => ({ p: floats(n), g: floats(n), m: floats(n), v: floats(n, 0.01, 2) }),
    call: (k, at, n) =>
      k.adam(at.p!, at.g!, at.m!, at.v!, n, {
        rate: 0.002,
        scale: 0.5,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: 0.01,
        step: 3,
      }),
  },
  {
    name: 'adam from zero moments',
    sizes: 1,
    ...elementwise,
    operands: (floats, _ids, n) => ({
      p: floats(n),
      g: floats(n, -1e-3, 1e-3),
      m: floats(n, 0, 0),
      v: floats(n, 0, 0),
    }),
    call: (k, at, n) =>
      k.adam(at.p!, at.g!, at.m!, at.v!, n, {
        rate: 0.002,
        scale: 1,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: 0,
        step: 1,
      }),
  },
];
