import { describe, expect, test } from 'vitest';
import type { ModelConfig } from '../../src/nn/config.ts';
import { expectGradientsRight } from '../helpers/differences.ts';
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

function expectRight(network: Network): void {
  const { model, kernels } = network;
  const { manifest, values, gradients } = model.parameters;
  forwardBackward(network);
  const blocks = manifest.views.map(({ name, offset, size }) => {
    return { name, value: values + offset, gradient: gradients + offset, size };
  });
  expectGradientsRight(kernels, blocks, () => totalLoss(network));
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
    expectRight(network);
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
    expectRight(network);
  });

  test('when only the newest k1 of k2 steps are counted, as in truncated BPTT with k2 > k1', () => {
    const network = makeNetwork({ ...config, layers: 2 }, { steps: 8, rows: 2, training: true }, 31);
    randomSymbols(network, 32);
    randomState(network, 33);
    const { model, kernels } = network;
    kernels.ints.fill(-1, model.targets, model.targets + 5 * 2);
    expectRight(network);
  });

  test.each([false, true])('with every dropout at its own rate, variational: %s', (variational) => {
    const dropout = { input: 0.2, layers: 0.3, output: 0.4, recurrent: 0.25, variational };
    for (const embedding of [0, 4]) {
      const shape = { steps: 6, rows: 3, training: true };
      const network = makeNetwork({ ...config, layers: 2, embedding }, shape, 41, 8, dropout);
      randomSymbols(network, 42);
      randomState(network, 43);
      expectRight({ ...network, key: 44 });
      expect(totalLoss({ ...network, key: 45 })).not.toBe(totalLoss({ ...network, key: 44 }));
    }
  });

  test('with the output tied to the embedding', () => {
    const shape = { steps: 6, rows: 3, training: true };
    const network = makeNetwork({ ...config, layers: 2, embedding: config.hidden, tied: true }, shape, 51);
    randomSymbols(network, 52);
    randomState(network, 53);
    expect(network.model.parameters.manifest.views.map(({ name }) => name)).not.toContain('output.weight');
    expectRight(network);
  });
});
