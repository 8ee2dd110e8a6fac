import { describe, expect, test } from 'vitest';
import { referenceKernels } from '../../src/kernel/reference.ts';
import { CELLS } from '../../src/nn/config.ts';
import {
  type GoldenCase,
  type GoldenCurve,
  goldenCases,
  goldenNetwork,
  loadChunk,
  relativeError,
  runChunk,
  type TrainedNetwork,
  update,
} from '../helpers/golden.ts';

const CASES = CELLS.flatMap(goldenCases);
const CURVES = CASES.flatMap((golden) => golden.curves.map((curve) => ({ golden, curve })));

/** Errors are the largest of a tensor, relative to its largest number; those of a curve add up over ten updates. */
const BACK_ENDS = [
  { name: 'float64 reference', precision: 8, kernels: referenceKernels, error: 1e-8, curveError: 1e-8 },
  { name: 'float32 reference', precision: 4, kernels: referenceKernels, error: 1e-5, curveError: 1e-4 },
] as const;

/** torch.nn.utils.clip_grad_norm_ divides by norm + 1e-6, ours by the norm; at these norms that alone would make 1e-5. */
const TORCH_NORM_EPSILON = 1e-6;

interface CurveResult {
  readonly losses: readonly number[];
  readonly norms: readonly number[];
}

/** Truncated BPTT over the stream's chunks in turn, the state carried on. */
function train(network: TrainedNetwork, golden: GoldenCase, curve: GoldenCurve): CurveResult {
  const { model, kernels } = network;
  const { gradients, manifest } = model.parameters;
  const losses: number[] = [];
  const norms: number[] = [];
  for (let index = 0; index < curve.losses.length; index++) {
    loadChunk(network, golden, index);
    losses.push(runChunk(network).loss);
    const norm = Math.sqrt(kernels.sumOfSquares(gradients, manifest.size));
    norms.push(norm);
    update(network, curve, Math.min(1, curve.clip / (norm + TORCH_NORM_EPSILON)), index + 1);
    model.carry(kernels, golden.steps);
  }
  return { losses, norms };
}

describe.each(BACK_ENDS)('PyTorch, on the $name kernels', ({ precision, kernels: make, error, curveError }) => {
  test.each(CASES)(
    `$label: logits, loss, final states and every gradient, relative error < ${error.toExponential()}`,
    (golden) => {
      const network = goldenNetwork(golden, precision, make);
      loadChunk(network, golden, 0);
      const { logits, loss, finalStates } = runChunk(network);
      expect(relativeError(logits, golden.logits), 'logits').toBeLessThan(error);
      expect(relativeError([loss], [golden.loss]), 'loss').toBeLessThan(error);
      expect(finalStates).toHaveLength(golden.final_states.length);
      for (const [index, state] of finalStates.entries()) {
        expect(relativeError(state, golden.final_states[index]!), `final state ${index}`).toBeLessThan(error);
      }
      const { gradients, manifest } = network.model.parameters;
      expect(manifest.views.map(({ name }) => name)).toEqual(Object.keys(golden.gradients));
      for (const { name, offset, size } of manifest.views) {
        const gradient = network.kernels.floats.subarray(gradients + offset, gradients + offset + size);
        expect(relativeError(gradient, golden.gradients[name]!), `gradient of ${name}`).toBeLessThan(error);
      }
    },
  );

  test.each(CURVES)(
    `$golden.label, $curve.optimizer: losses, norms and parameters of ten clipped updates, relative error < ${curveError.toExponential()}`,
    ({ golden, curve }) => {
      const network = goldenNetwork(golden, precision, make);
      const { losses, norms } = train(network, golden, curve);
      for (const [index, loss] of losses.entries()) {
        expect(relativeError([loss], [curve.losses[index]!]), `loss ${index + 1}`).toBeLessThan(curveError);
        expect(relativeError([norms[index]!], [curve.norms[index]!]), `norm ${index + 1}`).toBeLessThan(curveError);
      }
      const { values, manifest } = network.model.parameters;
      for (const { name, offset, size } of manifest.views) {
        const parameter = network.kernels.floats.subarray(values + offset, values + offset + size);
        expect(relativeError(parameter, curve.parameters[name]!), name).toBeLessThan(curveError);
      }
    },
  );
});
