import { describe, expect, test } from 'vitest';
import type { ModelConfig } from '../../src/nn/config.ts';
import { OPTIMIZER_DEFAULTS } from '../../src/training/complete-recipe.ts';
import { forwardBackward, makeNetwork, totalLoss, VARIANTS } from '../helpers/network.ts';
import { RECIPE, run, STREAM } from '../helpers/training.ts';

const STEPS = 12;

interface WindowResult {
  readonly loss: number;
  readonly norm: number;
}

/**
 * What truncated BPTT(k1, k2) defines for one text, in float64 and from its start for every window: the state by
 * reading all that comes before, and the gradient of the window's new losses through its k2 steps alone.
 */
function defined(config: ModelConfig, parameters: Float32Array, index: number, k1: number, k2: number): WindowResult {
  const first = index * k1;
  const network = (steps: number, training: boolean) => {
    const made = makeNetwork(config, { steps, rows: 1, training }, 1);
    made.kernels.floats.set(parameters, made.model.parameters.values);
    return made;
  };
  const before = network(first, false);
  before.kernels.ints.set(STREAM.ids.subarray(0, first), before.model.inputs);
  if (first > 0) totalLoss(before);
  const { model, kernels } = network(k2, true);
  for (const [layer, state] of before.model.states.entries()) {
    const at = state.final(first);
    model.states[layer]!.load(kernels, before.kernels.floats.subarray(at, at + config.hidden));
  }
  const old = first === 0 ? 0 : k2 - k1;
  kernels.ints.set(STREAM.ids.subarray(first, first + k2), model.inputs);
  kernels.ints.set(STREAM.ids.subarray(first + 1, first + 1 + k2), model.targets);
  kernels.ints.fill(-1, model.targets, model.targets + old);
  const loss = forwardBackward({ model, kernels }, 1 / (k2 - old)) / (k2 - old);
  const { gradients, manifest } = model.parameters;
  return { loss, norm: Math.sqrt(kernels.sumOfSquares(gradients, manifest.size)) };
}

/** The losses and norms of a run that changes no parameter to speak of: its rate is nearly nothing. */
async function standing(cell: Pick<ModelConfig, 'cell' | 'activation' | 'reset'>, k1: number, k2: number) {
  const { steps, last } = await run(STREAM, {
    model: { ...RECIPE.model, ...cell, layers: 2, hidden: 9, embedding: 3 },
    optimizer: { ...OPTIMIZER_DEFAULTS, name: 'sgd', momentum: 0 },
    rate: 1e-30,
    clipNorm: Number.POSITIVE_INFINITY,
    batch: 1,
    stride: k1,
    bptt: k2,
    limits: { steps: STEPS },
  });
  return { steps, checkpoint: last.checkpoint };
}

describe.each(VARIANTS)('truncated BPTT of the $label', ({ label: _, ...cell }) => {
  test.each([
    [1, 1],
    [1, 6],
    [3, 8],
    [8, 8],
  ])('(k1 %i, k2 %i) is as defined: every loss and norm, relative error < 1e-4', async (k1, k2) => {
    const { steps, checkpoint } = await standing(cell, k1, k2);
    for (const [index, { loss, gradientNorm }] of steps.entries()) {
      const expected = defined(checkpoint.model, checkpoint.parameters, index, k1, k2);
      expect(Math.abs(loss / expected.loss - 1), `loss ${index + 1}`).toBeLessThan(1e-4);
      expect(Math.abs(gradientNorm / expected.norm - 1), `norm ${index + 1}`).toBeLessThan(1e-4);
    }
  });
});

test('a gradient that goes further back is another, for the same losses', async () => {
  const cell = RECIPE.model;
  const [near, far] = [await standing(cell, 3, 3), await standing(cell, 3, 9)];
  // The first window of the second is three of the first.
  for (let index = 2; index < STEPS - 2; index++) {
    const [one, other] = [near.steps[index + 2]!, far.steps[index]!];
    expect(Math.abs(one.loss / other.loss - 1)).toBeLessThan(1e-5);
    expect(Math.abs(one.gradientNorm / other.gradientNorm - 1)).toBeGreaterThan(1e-3);
  }
});
