import { Matrix } from 'ml-matrix';
import type { Vocabulary } from '../../text/vocabulary.ts';
import type { BpttExamination } from './bptt.ts';
import { immediateOf, stateJacobian, thirdOrder } from './explicit.ts';
import type { NetworkMatrices } from './network-step.ts';

/** The most numbers of all tensors of third order together: more are left out. */
const MOST_NUMBERS = 2_000_000;

/**
 * Everything that an examination found, as plain data. Matrices are lists of rows; steps, units and places are counted from 0. Where ∂⁺s_k/∂W
 * would have too many numbers, it is left out, and its two factors stand alone: ∂⁺s_m/∂W_ic = columns_mc · operands_ic, operands having a list
 * for each block of equally many columns.
 */
export function bpttJson(found: BpttExamination, vocabulary: Vocabulary): Record<string, unknown> {
  const { text, parts, unfolded, loss, sum, checks, truncation, copies } = found;
  const { steps } = unfolded;
  const { shape, size } = unfolded.network.manifest.view(sum.tensor);
  const rows = (flat: Float64Array, of: readonly number[]): number[] | number[][] => nested([...flat], of);
  const states = steps[0]!.state.length;
  const writesTensors = steps.length * states * size <= MOST_NUMBERS;
  return {
    inputs: text.inputs.map((id) => vocabulary.label(id)),
    targets: text.targets.map((id) => vocabulary.label(id)),
    symbols: Array.from({ length: vocabulary.size }, (_, id) => vocabulary.label(id)),
    parameters: parametersOf(unfolded.network),
    stateParts: parts,
    states: steps.map(({ state }) => state),
    gates: steps.map(({ cells }) => cells.map(({ gates }) => gates)),
    distributions: steps.map(({ probabilities }) => probabilities),
    losses: unfolded.losses,
    loss,
    lossByState: unfolded.lossByState,
    stateJacobians: steps.map((_, t) =>
      Array.from({ length: t + 1 }, (__, k) => (stateJacobian(unfolded, t, k) ?? Matrix.eye(states)).to2DArray()),
    ),
    tensor: sum.tensor,
    shape,
    immediate: steps.map((step) => {
      const { columns, operands } = immediateOf(step, sum.tensor);
      return { columns: columns.to2DArray(), operands };
    }),
    ...(writesTensors ? { thirdOrder: steps.map((step) => thirdOrder(immediateOf(step, sum.tensor))) } : {}),
    norms: sum.norms,
    gradientByLoss: sum.byLoss.map((flat) => rows(flat, shape)),
    gradientByCopy: sum.byCopy.map((flat) => rows(flat, shape)),
    gradient: rows(sum.total, shape),
    checks: checks.map((check) => ({
      tensor: check.tensor,
      shape: check.shape,
      explicit: rows(check.explicit, check.shape),
      backpropagated: rows(check.backpropagated, check.shape),
      differences: check.differences,
      error: check.error,
    })),
    ...(truncation
      ? {
          truncation: {
            steps: truncation.steps,
            dropped: truncation.dropped,
            droppedTotal: truncation.droppedTotal,
            gradientByLoss: truncation.kept.byLoss.map((flat) => rows(flat, shape)),
            gradient: rows(truncation.kept.total, shape),
          },
        }
      : {}),
    ...(copies ? { copies } : {}),
  };
}

/** The numbers of the model, so that every other number can be computed by hand: a = x U + s W + b, and y = softmax(s V + c). */
function parametersOf({ embedding, layers, output, outputBias }: NetworkMatrices): Record<string, unknown> {
  return {
    ...(embedding ? { embedding: embedding.to2DArray() } : {}),
    layers: layers.map(({ input, recurrent, ...biases }) => ({
      input: input.to2DArray(),
      recurrent: recurrent.to2DArray(),
      ...biases,
    })),
    output: output.to2DArray(),
    outputBias,
  };
}

/** A flat list as rows, where it is of a matrix. */
function nested(flat: number[], shape: readonly number[]): number[] | number[][] {
  const [count = 0, width] = shape;
  if (width === undefined) return flat;
  return Array.from({ length: count }, (_, row) => flat.slice(row * width, (row + 1) * width));
}
