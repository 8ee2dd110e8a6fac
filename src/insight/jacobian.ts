import { SOLO } from '../kernel/team.ts';
import type { ModelConfig } from '../nn/config.ts';
import { type OpenModel, openModel } from '../nn/open.ts';
import type { Recurrent } from '../nn/recurrent.ts';
import type { Part } from '../text/split.ts';
import { type FlowOptions, readHistory } from './gradient-flow.ts';
import { type Position, reach, spreadPositions } from './positions.ts';
import { type SquareMatrix, spectralNorm } from './spectral-norm.ts';

/** The number of basis vectors that one backward pass takes side by side. */
const ROWS = 128;

/** Norms of the products of one layer's Jacobians, for each lag n = 0, …, N, over positions t. NaN if no position has the lag. */
export interface JacobianNorms {
  /** The mean and the greatest ‖∂h_t/∂h_{t−n}‖₂, which is the largest singular value of J_t · J_{t−1} ⋯ J_{t−n+1}. */
  readonly mean: readonly number[];
  readonly greatest: readonly number[];
}

/**
 * ‖∂h_t/∂h_{t−n}‖₂ of each layer, with the inputs of the layer held constant. It shows what the recurrence alone does to a gradient over
 * n steps. The value is exact: the backward pass runs on every basis vector of h_t. So it is right for any cell; for an LSTM it includes
 * all paths from h to h.
 */
export function measureJacobians(
  config: ModelConfig,
  parameters: ArrayLike<number>,
  part: Part,
  { arithmetic, lags, positions }: FlowOptions,
): JacobianNorms[] {
  const steps = lags + 1;
  const rows = Math.min(ROWS, config.hidden);
  const network = openModel(arithmetic, config, parameters, { steps, rows, training: true });
  const chosen = spreadPositions(part, positions, 2 * steps);
  const found = chosen.map((position) => layerNorms(network, part, position));
  return network.model.layers.map((_, layer) =>
    summarize(
      found.map((norms) => norms[layer]!),
      steps,
    ),
  );
}

function summarize(norms: readonly (readonly number[])[], steps: number): JacobianNorms {
  const at = (lag: number): number[] => norms.flatMap((one) => (lag < one.length ? one[lag]! : []));
  const by = (reduce: (values: number[]) => number): number[] =>
    Array.from({ length: steps }, (_, lag) => (at(lag).length > 0 ? reduce(at(lag)) : Number.NaN));
  return {
    mean: by((values) => values.reduce((total, value) => total + value, 0) / values.length),
    greatest: by((values) => Math.max(...values)),
  };
}

/** The norms of one position: for each layer, one norm for each lag. */
function layerNorms(network: OpenModel, part: Part, position: Position): number[][] {
  const { hidden } = network.model.config;
  const count = Math.min(network.model.shape.steps, reach(position) + 1);
  const products = network.model.layers.map(() =>
    Array.from({ length: count }, () => ({ size: hidden, values: new Float64Array(hidden * hidden) })),
  );
  for (let first = 0; first < hidden; first += network.model.shape.rows) {
    carryBasisBack(network, part, position, first, products);
  }
  return products.map((matrices) => normsByLag(matrices));
}

/** Writes the rows first, first + 1, … of every product. Row i is ∂h_t,i/∂h_{t−n}. */
function carryBasisBack(
  network: OpenModel,
  part: Part,
  position: Position,
  first: number,
  products: readonly (readonly SquareMatrix[])[],
): void {
  const { model, kernels } = network;
  const { steps, rows } = model.shape;
  const H = model.config.hidden;
  const all = { start: 0, end: rows };
  readHistory(network, part, Array<Position>(rows).fill(position));
  model.forward(kernels, all, { steps });
  model.pack(kernels, SOLO, 'backward');
  // From the top to the bottom, because the backward pass of a layer writes gradients into the layer below.
  for (const [index, layer] of [...model.layers.entries()].toReversed()) {
    seedBasis(network, layer, first);
    layer.backward(kernels, { rows: all, steps, sourceSteps: 0, key: undefined });
    for (const [lag, { values }] of products[index]!.entries()) {
      for (let row = 0; row < Math.min(rows, H - first); row++) {
        const at = layer.buffers.dHidden + ((steps - 1 - lag) * rows + row) * H;
        values.set(kernels.floats.subarray(at, at + H), (first + row) * H);
      }
    }
  }
}

/** Sets the gradient by h_t: row r has the basis vector first + r. The gradient at all other steps is 0. */
function seedBasis({ model, kernels }: OpenModel, { buffers }: Recurrent, first: number): void {
  const { steps, rows } = model.shape;
  const H = model.config.hidden;
  kernels.fill(buffers.dHidden, 0, steps * rows * H);
  const last = buffers.dHidden + (steps - 1) * rows * H;
  for (let row = 0; row < Math.min(rows, H - first); row++) kernels.floats[last + row * H + first + row] = 1;
}

/** Neighbouring lags have nearly the same singular vector, so each starts from the vector of the one before. */
function normsByLag(matrices: readonly SquareMatrix[]): number[] {
  let start: Float64Array | undefined;
  return matrices.map((matrix) => {
    const { norm, vector } = spectralNorm(matrix, start);
    start = vector;
    return norm;
  });
}
