import { describe, expect, test } from 'vitest';
import { SOLO } from '../../src/kernel/team.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { makeNetwork, type Network, randomState, randomSymbols, SMALL, VARIANTS } from '../helpers/network.ts';

/**
 * The network written a second time, from the formulas and on plain arrays: one sequence at a time, one-hot vectors
 * multiplied out, each gate with matrices of its own. It shares nothing with src/nn but the names and shapes of the parameters.
 */
type Vector = number[];
type Matrix = Vector[];

const plus = (a: Vector, b: Vector): Vector => a.map((value, j) => value + b[j]!);
const times = (a: Vector, b: Vector): Vector => a.map((value, j) => value * b[j]!);
const minus = (a: Vector, b: Vector): Vector => a.map((value, j) => value - b[j]!);
const ones = (n: number): Vector => Array<number>(n).fill(1);
const zeros = (n: number): Vector => Array<number>(n).fill(0);
const oneHot = (symbol: number, n: number): Vector => zeros(n).with(symbol, 1);
const tanh = (a: Vector): Vector => a.map(Math.tanh);
const logistic = (a: Vector): Vector => a.map((value) => 1 / (1 + Math.exp(-value)));
const relu = (a: Vector): Vector => a.map((value) => Math.max(value, 0));

/** a · M for a row vector a. */
function product(a: Vector, matrix: Matrix): Vector {
  const columns = matrix[0]?.length ?? 0;
  return Array.from({ length: columns }, (_, j) => a.reduce((sum, value, i) => sum + value * matrix[i]![j]!, 0));
}

/** −log softmax(logits)_target. */
function crossEntropy(logits: Vector, target: number): number {
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return -Math.log(Math.exp(logits[target]!) / total);
}

interface LayerState {
  h: Vector;
  c: Vector;
}

type Step = (x: Vector, state: LayerState) => LayerState;

/** Reads tensors of the network by name; of a matrix or a bias, the columns of one gate. */
function reader({ model, kernels }: Network) {
  const { manifest, values } = model.parameters;
  const matrix = (name: string): Matrix => {
    const { shape, offset } = manifest.view(name);
    const [rows, columns] = shape.length === 2 ? [shape[0]!, shape[1]!] : [1, shape[0]!];
    const at = (row: number) => values + offset + row * columns;
    return Array.from({ length: rows }, (_, row) => [...kernels.floats.subarray(at(row), at(row + 1))]);
  };
  const vector = (name: string): Vector => matrix(name)[0]!;
  return { matrix, vector };
}

/** One step of layer `index`: (x, state) → state. */
function layerStep(network: Network, index: number): Step {
  const { cell, activation, reset, hidden } = network.model.config;
  const { matrix, vector } = reader(network);
  const ofGate = (row: Vector, gate: number): Vector => row.slice(gate * hidden, (gate + 1) * hidden);
  const U = matrix(`layers.${index}.input`);
  const W = matrix(`layers.${index}.recurrent`);
  const b = vector(`layers.${index}.bias`);
  const Ux = (gate: number, x: Vector): Vector =>
    product(
      x,
      U.map((row) => ofGate(row, gate)),
    );
  const Wh = (gate: number, h: Vector): Vector =>
    product(
      h,
      W.map((row) => ofGate(row, gate)),
    );
  const affine = (gate: number, x: Vector, h: Vector): Vector => plus(plus(Ux(gate, x), Wh(gate, h)), ofGate(b, gate));

  if (cell === 'rnn') {
    const squash = { tanh, logistic, relu, linear: (a: Vector) => a }[activation];
    return (x, { h, c }) => ({ h: squash(affine(0, x, h)), c });
  }
  if (cell === 'lstm') {
    return (x, state) => {
      const i = logistic(affine(0, x, state.h));
      const f = logistic(affine(1, x, state.h));
      const g = tanh(affine(2, x, state.h));
      const o = logistic(affine(3, x, state.h));
      const c = plus(times(f, state.c), times(i, g));
      return { h: times(o, tanh(c)), c };
    };
  }
  return (x, { h, c }) => {
    const r = logistic(affine(0, x, h));
    const z = logistic(affine(1, x, h));
    const candidate =
      reset === 'before'
        ? affine(2, x, times(r, h))
        : plus(plus(Ux(2, x), ofGate(b, 2)), times(r, plus(Wh(2, h), vector(`layers.${index}.recurrent_bias`))));
    return { h: plus(times(minus(ones(hidden), z), h), times(z, tanh(candidate))), c };
  };
}

interface NaiveRun {
  /** [T][B][V] */
  readonly logits: Vector;
  /** [T][B] */
  readonly losses: Vector;
  /** Of each state of the model, [B][H] after the last step. */
  readonly finalStates: Vector[];
}

function naiveRun(network: Network, initialStates: readonly Vector[]): NaiveRun {
  const { config, shape, inputs, targets, keep } = network.model;
  const { ints } = network.kernels;
  const { steps, rows } = shape;
  const { hidden, symbols } = config;
  const { matrix, vector } = reader(network);
  const perLayer = config.cell === 'lstm' ? 2 : 1;
  const layers = Array.from({ length: config.layers }, (_, index) => layerStep(network, index));
  const E = config.embedding > 0 ? matrix('embedding') : undefined;
  const V = matrix('output.weight');
  const logits = zeros(steps * rows * symbols);
  const losses = zeros(steps * rows);
  const finalStates = initialStates.map((state) => zeros(state.length));
  for (let row = 0; row < rows; row++) {
    const ofRow = (state: Vector | undefined): Vector =>
      state?.slice(row * hidden, (row + 1) * hidden) ?? zeros(hidden);
    const states = layers.map((_, index): LayerState => {
      const first = index * perLayer;
      return { h: ofRow(initialStates[first]), c: perLayer === 2 ? ofRow(initialStates[first + 1]) : [] };
    });
    for (let step = 0; step < steps; step++) {
      const position = step * rows + row;
      const x = oneHot(ints[inputs + position]!, symbols);
      let below = E ? product(x, E) : x;
      for (const [index, layer] of layers.entries()) {
        const before = ints[keep + position] === 0 ? { h: zeros(hidden), c: zeros(hidden) } : states[index]!;
        const after = layer(below, before);
        states[index] = after;
        below = after.h;
      }
      const y = plus(product(below, V), vector('output.bias'));
      for (const [j, logit] of y.entries()) logits[position * symbols + j] = logit;
      losses[position] = crossEntropy(y, ints[targets + position]!);
    }
    for (const [index, { h, c }] of states.entries()) {
      for (let unit = 0; unit < hidden; unit++) {
        finalStates[index * perLayer]![row * hidden + unit] = h[unit]!;
        if (perLayer === 2) finalStates[index * 2 + 1]![row * hidden + unit] = c[unit]!;
      }
    }
  }
  return { logits, losses, finalStates };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let j = 0; j < a.length; j++) largest = Math.max(largest, Math.abs(a[j]! - b[j]!));
  return largest;
}

/** Compares logits, losses and final states of the loaded network with the naive run. */
function expectSame(network: Network): void {
  const { model, kernels } = network;
  const { steps, rows } = model.shape;
  const block = rows * model.config.hidden;
  const numbers = (from: number, count: number): Vector => [...kernels.floats.subarray(from, from + count)];
  const naive = naiveRun(
    network,
    model.states.map((state) => numbers(state.blocks, block)),
  );
  model.pack(kernels, SOLO);
  model.forward(kernels, { start: 0, end: rows }, steps);
  const logits = numbers(model.members[0]!.logits, steps * rows * model.config.symbols);
  model.loss(kernels, { start: 0, end: rows }, steps, 1);
  expect(largestDifference(logits, naive.logits), 'logits').toBeLessThan(1e-12);
  expect(largestDifference(numbers(model.losses, steps * rows), naive.losses), 'losses').toBeLessThan(1e-12);
  for (const [index, state] of model.states.entries()) {
    const final = numbers(state.final(steps), block);
    expect(largestDifference(final, naive.finalStates[index]!), `final state ${index}`).toBeLessThan(1e-12);
  }
}

describe.each(VARIANTS)('$label agrees with a naive recurrence in float64, error < 1e-12', (variant) => {
  const config: ModelConfig = { ...SMALL, ...variant };
  const shape = { steps: 9, rows: 3, training: false };

  test.each([
    { layers: 1, embedding: 0 },
    { layers: 1, embedding: 3 },
    { layers: 3, embedding: 0 },
    { layers: 3, embedding: 6 },
  ])('$layers layers, embedding $embedding', ({ layers, embedding }) => {
    const network = makeNetwork({ ...config, layers, embedding }, shape, 41);
    randomSymbols(network, 42);
    randomState(network, 43);
    expectSame(network);
  });

  test('with resets at the first step, in the middle, twice running and at the last step', () => {
    const network = makeNetwork({ ...config, layers: 3 }, shape, 51);
    randomSymbols(network, 52);
    randomState(network, 53);
    for (const [step, row] of [
      [0, 0],
      [0, 2],
      [4, 1],
      [5, 2],
      [6, 2],
      [8, 0],
    ] as const) {
      network.kernels.ints[network.model.keep + step * shape.rows + row] = 0;
    }
    expectSame(network);
  });
});
