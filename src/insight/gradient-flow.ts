import { SOLO } from '../kernel/team.ts';
import { CELL_KINDS, type CellName, gateCount } from '../nn/cells/index.ts';
import type { ModelConfig } from '../nn/config.ts';
import { type Arithmetic, type OpenModel, openModel } from '../nn/open.ts';
import type { Recurrent } from '../nn/recurrent.ts';
import type { Part } from '../text/split.ts';
import { norm } from './norm.ts';
import { fillWindow, type Position, reach, spreadPositions } from './positions.ts';

/** The number of positions that are computed side by side. */
const ROWS = 32;

export interface FlowOptions {
  readonly arithmetic: Arithmetic;
  /** N, the greatest lag. */
  readonly lags: number;
  /** The greatest number of positions t to average over. */
  readonly positions: number;
}

/** How far the gradient of the loss at a position reaches back. The index of an array is the lag n = 0, …, N. NaN if no position has that lag. */
export interface GradientFlow {
  /** The number of positions that have the lag. */
  readonly counts: readonly number[];
  /** The layers from the bottom to the top. */
  readonly layers: readonly LayerFlow[];
}

/** The norms of one layer, averaged over positions t. */
export interface LayerFlow {
  /** ‖∂L_t/∂h_{t−n}‖. */
  readonly hidden: readonly number[];
  /** ‖∂L_t/∂c_{t−n}‖, for an LSTM only. */
  readonly cell?: readonly number[];
  /**
   * The constant error carousel, for an LSTM only: ‖∂c_t/∂c_{t−n}‖ along the cell state alone. It is the norm of
   * diag(f_t ⊙ … ⊙ f_{t−n+1}), which is the largest element.
   */
  readonly carousel?: readonly number[];
}

/**
 * ‖∂L_t/∂s_{t−n}‖ for each lag n and layer, averaged over positions t. L_t = −log p(x_{t+1} | x_≤t) is the loss of the single position t.
 *
 * ∂L_t/∂h_{t−n} is the total derivative. It sums all paths, through later steps and through the layers above, as backpropagation does.
 * Each row of a batch has one position, and only the target of that position is counted. The states are those of reading the line from
 * its start. In a stream they are those of reading from N + 1 symbols before the greatest lag.
 */
export function measureFlow(
  config: ModelConfig,
  parameters: ArrayLike<number>,
  part: Part,
  { arithmetic, lags, positions }: FlowOptions,
): GradientFlow {
  const steps = lags + 1;
  const chosen = spreadPositions(part, positions, 2 * steps);
  const rows = Math.min(ROWS, chosen.length);
  const network = openModel(arithmetic, config, parameters, { steps, rows, training: true });
  const sums = network.model.layers.map(() => new LayerSums(config, steps));
  const counts = new Float64Array(steps);
  for (let first = 0; first < chosen.length; first += rows) {
    const batch = chosen.slice(first, first + rows);
    for (const position of batch) for (let lag = 0; lag <= Math.min(lags, reach(position)); lag++) counts[lag]!++;
    addBatch(network, part, batch, sums);
  }
  const mean = (sum: Float64Array): number[] => Array.from(sum, (value, lag) => value / counts[lag]!);
  return {
    counts: [...counts],
    layers: sums.map(({ hidden, cell, carousel }) => ({
      hidden: mean(hidden),
      ...(cell && carousel ? { cell: mean(cell), carousel: mean(carousel) } : {}),
    })),
  };
}

/** The share of Σ_n g_n that a truncation cuts off, where g_n is the norm at lag n. */
export interface TruncationLoss {
  /** The share if the gradient of every position goes back over τ steps (k1 = 1): Σ_{n ≥ τ} g_n / Σ_n g_n. */
  readonly sliding: number;
  /**
   * The share if the text is cut into chunks of τ steps (k1 = k2 = τ). The gradient of the p-th position of a chunk goes back over p steps,
   * so this is the mean of Σ_{n ≥ p} g_n over p = 1, …, τ, divided by Σ_n g_n.
   */
  readonly chunked: number;
}

/** What a truncation at τ steps cuts off, computed from the lags that were measured. */
export function truncationLoss(norms: readonly number[], steps: number): TruncationLoss {
  const known = norms.filter((norm) => Number.isFinite(norm));
  const total = sum(known);
  const beyond = (reached: number): number => (total > 0 ? sum(known.slice(reached)) / total : 0);
  let chunked = 0;
  for (let place = 1; place <= steps; place++) chunked += beyond(place) / steps;
  return { sliding: beyond(steps), chunked };
}

/** The sums over positions, for each lag. */
class LayerSums {
  readonly hidden: Float64Array;
  readonly cell: Float64Array | undefined;
  readonly carousel: Float64Array | undefined;

  constructor({ cell }: ModelConfig, steps: number) {
    this.hidden = new Float64Array(steps);
    this.cell = hasCellState(cell) ? new Float64Array(steps) : undefined;
    this.carousel = hasCellState(cell) ? new Float64Array(steps) : undefined;
  }
}

function addBatch(network: OpenModel, part: Part, batch: readonly Position[], sums: readonly LayerSums[]): void {
  const { model, kernels } = network;
  const { steps } = model.shape;
  // The last batch may have fewer positions than rows. Its other rows repeat the first position, and their results are not used.
  const positions = Array.from({ length: model.shape.rows }, (_, row) => batch[row] ?? batch[0]!);
  const rows = { start: 0, end: model.shape.rows };
  readHistory(network, part, positions);
  const size = steps * model.shape.rows;
  kernels.ints.fill(-1, model.targets, model.targets + size);
  const last = model.targets + size - model.shape.rows;
  for (const [row, { target }] of positions.entries()) kernels.ints[last + row] = part.ids[target]!;
  model.forward(kernels, rows, { steps });
  const kept = model.layers.map((layer) => (hasCellState(model.config.cell) ? keepCell(network, layer) : undefined));
  model.loss(kernels, rows, { steps }, 1);
  model.pack(kernels, SOLO, 'backward');
  model.backward(kernels, rows, { steps });
  for (const [index, layer] of model.layers.entries()) {
    for (const [row, position] of batch.entries())
      addPosition(network, layer, kept[index], row, position, sums[index]!);
  }
}

/** Sets the state of every row to the state before its window, and fills in the window. The weights are packed for a forward pass. */
export function readHistory({ model, kernels }: OpenModel, { ids }: Part, positions: readonly Position[]): void {
  const { steps, rows } = model.shape;
  const view = (address: number): Int32Array => kernels.ints.subarray(address, address + steps * rows);
  model.pack(kernels, SOLO);
  for (const state of model.states) state.reset(kernels);
  fillWindow(ids, positions, steps, steps, view(model.inputs), view(model.keep));
  model.forward(kernels, { start: 0, end: rows }, { steps });
  model.carry(kernels, steps);
  fillWindow(ids, positions, steps, 0, view(model.inputs), view(model.keep));
}

/** A copy of the gates, [T][B][G·H]. The gradient of the cell state needs them, and the backward pass overwrites them. */
interface KeptCell {
  readonly gates: ArrayLike<number>;
  readonly cell: number;
}

/** Whether a kind of cell has the LSTM's state c. */
function hasCellState(cell: CellName): boolean {
  return CELL_KINDS[cell].states.includes('c');
}

function keepCell({ model, kernels }: OpenModel, layer: Recurrent): KeptCell {
  const { gates } = layer.buffers;
  const { cell, hidden } = model.config;
  const size = model.shape.steps * model.shape.rows * gateCount(cell) * hidden;
  return {
    gates: kernels.floats.slice(gates, gates + size),
    cell: layer.states[CELL_KINDS[cell].states.indexOf('c')]!.values,
  };
}

/** The norms of one position, from the step of its target backwards. */
function addPosition(
  { model, kernels }: OpenModel,
  layer: Recurrent,
  kept: KeptCell | undefined,
  row: number,
  position: Position,
  sums: LayerSums,
): void {
  const { steps, rows } = model.shape;
  const H = model.config.hidden;
  const { floats } = kernels;
  const names = CELL_KINDS[model.config.cell].gates.map(({ name }) => name);
  const dCell = new Float64Array(H);
  const product = new Float64Array(H).fill(1);
  const [forget, output] = [names.indexOf('f') * H, names.indexOf('o') * H] as const;
  for (let lag = 0; lag <= Math.min(steps - 1, reach(position)); lag++) {
    const at = (steps - 1 - lag) * rows + row;
    const dHidden = layer.buffers.dHidden + at * H;
    sums.hidden[lag]! += norm(floats, dHidden, H);
    if (!kept) continue;
    const gates = names.length * at * H;
    const c = kept.cell + at * H;
    // ∂L/∂c_k = ∂L/∂h_k ⊙ o ⊙ (1 − tanh² c_k) + f_{k+1} ⊙ ∂L/∂c_{k+1}. The total derivative by h_k includes all other paths.
    for (let j = 0; j < H; j++) {
      const o = kept.gates[gates + output + j]!;
      dCell[j]! += floats[dHidden + j]! * o * (1 - Math.tanh(floats[c + j]!) ** 2);
    }
    sums.cell![lag]! += norm(dCell, 0, H);
    sums.carousel![lag]! += largest(product);
    for (let j = 0; j < H; j++) {
      const f = kept.gates[gates + forget + j]!;
      dCell[j]! *= f;
      product[j]! *= f;
    }
  }
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
