import { describe, expect, test } from 'vitest';
import type { ModelConfig } from '../../src/nn/config.ts';
import {
  forwardBackward,
  makeNetwork,
  type Network,
  randomState,
  randomSymbols,
  SMALL,
  totalLoss,
  VARIANTS,
} from '../helpers/network.ts';

/** Of central differences of a double-precision loss near 50: rounding 1e-16·50/h against truncation h². */
const STEP = 1e-5;

/**
 * The largest error of a tensor's gradient relative to the tensor's largest gradient, which must not be 0:
 * ‖analytic − numeric‖∞ / ‖numeric‖∞.
 */
function tensorErrors(network: Network): Map<string, number> {
  const { model, kernels } = network;
  const { manifest, values, gradients } = model.parameters;
  forwardBackward(network);
  const analytic = kernels.floats.slice(gradients, gradients + manifest.size);
  const errors = new Map<string, number>();
  for (const { name, offset, size } of manifest.views) {
    let largest = 0;
    let error = 0;
    for (let j = offset; j < offset + size; j++) {
      const numeric = centralDifference(network, values + j);
      largest = Math.max(largest, Math.abs(numeric));
      error = Math.max(error, Math.abs(numeric - analytic[j]!));
    }
    expect(largest, `${name} has an effect on the loss`).toBeGreaterThan(1e-6);
    errors.set(name, error / largest);
  }
  return errors;
}

function centralDifference(network: Network, address: number): number {
  const { floats } = network.kernels;
  const value = floats[address]!;
  floats[address] = value + STEP;
  const above = totalLoss(network);
  floats[address] = value - STEP;
  const below = totalLoss(network);
  floats[address] = value;
  return (above - below) / (2 * STEP);
}

function expectGradientsRight(network: Network): void {
  for (const [name, error] of tensorErrors(network)) expect(error, name).toBeLessThan(1e-6);
}

describe.each(VARIANTS)('gradients of the $label agree with central differences, relative error < 1e-6', (variant) => {
  const config: ModelConfig = { ...SMALL, ...variant };

  test.each([
    { layers: 1, embedding: 0 },
    { layers: 1, embedding: 3 },
    { layers: 3, embedding: 0 },
    { layers: 3, embedding: 4 },
  ])('$layers layers, embedding $embedding', ({ layers, embedding }) => {
    const network = makeNetwork({ ...config, layers, embedding }, { steps: 6, rows: 3, training: true }, 11);
    randomSymbols(network, 12);
    randomState(network, 13);
    expectGradientsRight(network);
  });

  test('across resets in mid-chunk, and with positions that are not counted', () => {
    const shape = { steps: 7, rows: 3, training: true };
    const network = makeNetwork({ ...config, layers: 2 }, shape, 21);
    randomSymbols(network, 22);
    randomState(network, 23);
    const { model, kernels } = network;
    for (const [step, row] of [
      [0, 1],
      [3, 0],
      [4, 0],
      [5, 2],
    ] as const)
      kernels.ints[model.keep + step * 3 + row] = 0;
    for (const position of [0, 4, 17]) kernels.ints[model.targets + position] = -1;
    expectGradientsRight(network);
  });

  test('when only the newest k1 of k2 steps are counted, as in truncated BPTT with k2 > k1', () => {
    const network = makeNetwork({ ...config, layers: 2 }, { steps: 8, rows: 2, training: true }, 31);
    randomSymbols(network, 32);
    randomState(network, 33);
    const { model, kernels } = network;
    kernels.ints.fill(-1, model.targets, model.targets + 5 * 2);
    expectGradientsRight(network);
  });

  test.each([false, true])('with every dropout at its own rate, variational: %s', (variational) => {
    const dropout = { input: 0.2, layers: 0.3, output: 0.4, recurrent: 0.25, variational };
    for (const embedding of [0, 4]) {
      const shape = { steps: 6, rows: 3, training: true };
      const network = makeNetwork({ ...config, layers: 2, embedding }, shape, 41, 8, dropout);
      randomSymbols(network, 42);
      randomState(network, 43);
      expectGradientsRight({ ...network, key: 44 });
      expect(totalLoss({ ...network, key: 45 })).not.toBe(totalLoss({ ...network, key: 44 }));
    }
  });

  test('with the output tied to the embedding', () => {
    const shape = { steps: 6, rows: 3, training: true };
    const network = makeNetwork({ ...config, layers: 2, embedding: config.hidden, tied: true }, shape, 51);
    randomSymbols(network, 52);
    randomState(network, 53);
    expect(network.model.parameters.manifest.views.map(({ name }) => name)).not.toContain('output.weight');
    expectGradientsRight(network);
  });
});
