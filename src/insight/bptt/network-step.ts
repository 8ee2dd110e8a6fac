import { Matrix } from 'ml-matrix';
import { CELL_KINDS } from '../../nn/cells/index.ts';
import type { ModelConfig } from '../../nn/config.ts';
import { Manifest } from '../../nn/manifest.ts';
import {
  type CellState,
  type CellStep,
  cellStep,
  type LayerMatrices,
  plus,
  product,
  type Vector,
} from './cell-step.ts';

/** A network's tensors as matrices of float64. */
export interface NetworkMatrices {
  readonly config: ModelConfig;
  readonly manifest: Manifest;
  readonly layers: readonly LayerMatrices[];
  /** E [V, D], where symbols have embeddings. */
  readonly embedding: Matrix | undefined;
  /** V [H, V], the embedding's transpose where it has no weights of its own. */
  readonly output: Matrix;
  /** c [V]. */
  readonly outputBias: Vector;
}

/** The matrices of a flat buffer of parameters. The model is one network. */
export function networkMatrices(config: ModelConfig, parameters: ArrayLike<number>): NetworkMatrices {
  const manifest = new Manifest(config);
  const vector = (name: string): Vector => {
    const { offset, size } = manifest.view(name);
    return Array.from({ length: size }, (_, j) => parameters[offset + j]!);
  };
  const matrix = (name: string): Matrix => {
    const [rows = 0, columns = 0] = manifest.view(name).shape;
    return Matrix.from1DArray(rows, columns, [...vector(name)]);
  };
  const layers = Array.from({ length: config.layers }, (_, layer): LayerMatrices => {
    const name = `layers.${layer}`;
    return {
      input: matrix(`${name}.input`),
      recurrent: matrix(`${name}.recurrent`),
      bias: vector(`${name}.bias`),
      ...(manifest.has(`${name}.recurrent_bias`) ? { recurrentBias: vector(`${name}.recurrent_bias`) } : {}),
    };
  });
  const embedding = config.embedding > 0 ? matrix(EMBEDDING) : undefined;
  const output = embedding && !manifest.has('output.weight') ? embedding.transpose() : matrix('output.weight');
  return { config, manifest, layers, embedding, output, outputBias: vector('output.bias') };
}

/** The name of the embedding's tensor. */
export const EMBEDDING = 'embedding';

/** A part of the state s of a network: s is all layers' h (and c), from the bottom up. */
export interface StatePart {
  /** From 0. */
  readonly layer: number;
  readonly of: 'h' | 'c';
  readonly offset: number;
  readonly size: number;
}

export function statePartsOf({ cell, layers, hidden }: ModelConfig): StatePart[] {
  return Array.from({ length: layers }, (_, layer) => CELL_KINDS[cell].states.map((of) => ({ layer, of })))
    .flat()
    .map((part, index) => ({ ...part, offset: index * hidden, size: hidden }));
}

/**
 * The immediate derivative ∂⁺s/∂θ of one tensor θ [R, C], s₋ being a constant. It is a tensor of third order, [S, R, C], and a product:
 * ∂⁺s_m/∂θ_ic = columns_mc · operands_ic, where operands_ic is the number that θ_ic is multiplied by.
 */
export interface ImmediateDerivative {
  readonly tensor: string;
  /** [S, C] ∂s/∂(pre-activations that θ adds to). */
  readonly columns: Matrix;
  /** [R] for each block of equally many columns (a gate). */
  readonly operands: readonly Vector[];
}

/** One step of the network, with its derivatives. */
export interface NetworkStep {
  readonly states: readonly CellState[];
  /** By layer. */
  readonly cells: readonly CellStep[];
  /** [S] the state after the step. */
  readonly state: Vector;
  /** [V] softmax(V h + c). */
  readonly probabilities: Vector;
  /** [S, S] ∂s/∂s₋. */
  readonly jacobian: Matrix;
  /** Of all tensors of the layers, and of the embedding. */
  readonly immediate: readonly ImmediateDerivative[];
}

/** s₀ = 0 of every layer. */
export function zeroStates({ cell, layers, hidden }: ModelConfig): CellState[] {
  const zeros = Array<number>(hidden).fill(0);
  return Array.from({ length: layers }, () =>
    CELL_KINDS[cell].states.includes('c') ? { h: zeros, c: zeros } : { h: zeros },
  );
}

/** Values alone: the forward pass of one step. */
export function forwardStep(network: NetworkMatrices, symbol: number, before: readonly CellState[]): CellStep[] {
  const { config, layers, embedding } = network;
  const cells: CellStep[] = [];
  for (const [index, layer] of layers.entries()) {
    // A one-hot row picks a row of U, as it picks a row of the embedding.
    const below = cells.at(-1)?.after.h ?? (embedding ? embedding.getRow(symbol) : undefined);
    const fromInput = below ? product(below, layer.input) : layer.input.getRow(symbol);
    cells.push(cellStep(config, layer, plus(fromInput, layer.bias), before[index]!));
  }
  return cells;
}

/** softmax(V h + c) of the top layer's h. */
export function predict({ output, outputBias }: NetworkMatrices, h: Vector): Vector {
  const logits = plus(product(h, output), outputBias);
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** One step and all its derivatives. */
export function networkStep(network: NetworkMatrices, symbol: number, before: readonly CellState[]): NetworkStep {
  const cells = forwardStep(network, symbol, before);
  const states = cells.map(({ after }) => after);
  return {
    states,
    cells,
    state: states.flatMap(({ h, c = [] }) => [...h, ...c]),
    probabilities: predict(network, states.at(-1)!.h),
    jacobian: stepJacobian(network, cells),
    immediate: immediateDerivatives(network, symbol, cells),
  };
}

/** ∂s/∂s₋: layer by layer, from the state before directly, and through the layer below. */
function stepJacobian({ config, layers }: NetworkMatrices, cells: readonly CellStep[]): Matrix {
  const own = cells[0]!.byBefore.rows;
  const jacobian = Matrix.zeros(own * cells.length, own * cells.length);
  for (const [index, { byBefore, byInput }] of cells.entries()) {
    jacobian.setSubMatrix(byBefore, index * own, index * own);
    if (index === 0) continue;
    // Rows of ∂s/∂s₋ that belong to h of the layer below, which this layer reads.
    const first = (index - 1) * own;
    const below = jacobian.subMatrix(first, first + config.hidden - 1, 0, index * own - 1);
    const through = byInput.mmul(layers[index]!.input.transpose()).mmul(below);
    jacobian.setSubMatrix(through, index * own, 0);
  }
  return jacobian;
}

function immediateDerivatives(
  network: NetworkMatrices,
  symbol: number,
  cells: readonly CellStep[],
): ImmediateDerivative[] {
  const { config, embedding, layers } = network;
  const oneHot = (): Vector => Array.from({ length: config.symbols }, (_, id) => Number(id === symbol));
  const found: ImmediateDerivative[] = [];
  for (const [index, { byInput, byProduct, operands }] of cells.entries()) {
    const add = (name: string, columns: Matrix, its: readonly Vector[]): void => {
      found.push({ tensor: `layers.${index}.${name}`, columns: spread(network, cells, index, columns), operands: its });
    };
    const below = cells[index - 1]?.after.h ?? (embedding ? embedding.getRow(symbol) : oneHot());
    add('input', byInput, [below]);
    add('recurrent', byProduct, operands);
    add('bias', byInput, [[1]]);
    if (layers[index]!.recurrentBias) {
      const candidate = byProduct.subMatrix(0, byProduct.rows - 1, 2 * config.hidden, 3 * config.hidden - 1);
      add('recurrent_bias', candidate, [[1]]);
    }
  }
  if (!embedding) return found;
  const columns = spread(network, cells, 0, cells[0]!.byInput.mmul(layers[0]!.input.transpose()));
  return [{ tensor: EMBEDDING, columns, operands: [oneHot()] }, ...found];
}

/** From the derivative of one layer's own state to that of the whole state: 0 for the layers below, and through the input of those above. */
function spread(
  { config, layers }: NetworkMatrices,
  cells: readonly CellStep[],
  layer: number,
  columns: Matrix,
): Matrix {
  const own = columns.rows;
  const whole = Matrix.zeros(own * cells.length, columns.columns);
  let part = columns;
  for (let index = layer; ; ) {
    whole.setSubMatrix(part, index * own, 0);
    index++;
    if (index === cells.length) return whole;
    const hidden = part.subMatrix(0, config.hidden - 1, 0, part.columns - 1);
    part = cells[index]!.byInput.mmul(layers[index]!.input.transpose()).mmul(hidden);
  }
}
