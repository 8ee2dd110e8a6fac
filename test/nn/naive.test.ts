import { describe, expect, test } from 'vitest';
import { SOLO } from '../../src/kernel/team.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import {
  crossEntropy,
  type NaiveState,
  naiveStep,
  naiveTensors,
  oneHot,
  plus,
  product,
  type Vector,
  zeros,
} from '../helpers/naive.ts';
import { makeNetwork, type Network, randomState, randomSymbols, SMALL, VARIANTS } from '../helpers/network.ts';

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
  const { manifest, values } = network.model.parameters;
  const tensors = naiveTensors(network.kernels.floats, values, manifest.views);
  const { matrix, vector } = tensors;
  const perLayer = config.cell === 'lstm' ? 2 : 1;
  const layers = Array.from({ length: config.layers }, (_, index) => naiveStep(config, tensors, `layers.${index}.`));
  const E = config.embedding > 0 ? matrix('embedding') : undefined;
  const V = matrix('output.weight');
  const logits = zeros(steps * rows * symbols);
  const losses = zeros(steps * rows);
  const finalStates = initialStates.map((state) => zeros(state.length));
  for (let row = 0; row < rows; row++) {
    const ofRow = (state: Vector | undefined): Vector =>
      state?.slice(row * hidden, (row + 1) * hidden) ?? zeros(hidden);
    const states = layers.map((_, index): NaiveState => {
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
    model.states.map((state) => numbers(state.initial, block)),
  );
  model.pack(kernels, SOLO);
  model.forward(kernels, { start: 0, end: rows }, { steps });
  const logits = numbers(model.members[0]!.logits, steps * rows * model.config.symbols);
  model.loss(kernels, { start: 0, end: rows }, { steps }, 1);
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
