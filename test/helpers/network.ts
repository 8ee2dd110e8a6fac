import { Arena } from '../../src/kernel/arena.ts';
import { checkedKernels } from '../../src/kernel/checked.ts';
import type { Kernels } from '../../src/kernel/contract.ts';
import { referenceKernels } from '../../src/kernel/reference.ts';
import { SOLO } from '../../src/kernel/team.ts';
import type { BatchShape } from '../../src/nn/batch.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { NO_DROPOUT } from '../../src/nn/dropout.ts';
import { initialize } from '../../src/nn/initializers.ts';
import { Model } from '../../src/nn/model.ts';
import { Random } from '../../src/random.ts';

/** A small model with everything the tests don't say otherwise. */
export const SMALL: ModelConfig = {
  cell: 'lstm',
  activation: 'tanh',
  reset: 'before',
  layers: 1,
  hidden: 5,
  embedding: 0,
  tied: false,
  members: 1,
  symbols: 7,
};

/** Cells in all their variants. */
export const VARIANTS: readonly (Pick<ModelConfig, 'cell' | 'activation' | 'reset'> & { label: string })[] = [
  { label: 'tanh RNN', cell: 'rnn', activation: 'tanh', reset: 'before' },
  { label: 'logistic RNN', cell: 'rnn', activation: 'logistic', reset: 'before' },
  { label: 'relu RNN', cell: 'rnn', activation: 'relu', reset: 'before' },
  { label: 'linear RNN', cell: 'rnn', activation: 'linear', reset: 'before' },
  { label: 'LSTM', cell: 'lstm', activation: 'tanh', reset: 'before' },
  { label: 'GRU, reset before', cell: 'gru', activation: 'tanh', reset: 'before' },
  { label: 'GRU, reset after', cell: 'gru', activation: 'tanh', reset: 'after' },
];

export interface Network {
  readonly model: Model;
  readonly kernels: Kernels;
  /** What dropout draws by; nothing is dropped without. */
  readonly key?: number;
}

/** A randomly initialised model on the reference kernels, in float64 (the default) or float32. */
export function makeNetwork(
  config: ModelConfig,
  shape: BatchShape,
  seed: number,
  precision: 4 | 8 = 8,
  dropout = NO_DROPOUT,
): Network {
  const arena = new Arena(precision);
  const model = new Model(arena, config, shape, dropout);
  const buffer = new ArrayBuffer(arena.bytes);
  const floats = precision === 8 ? new Float64Array(buffer) : new Float32Array(buffer);
  const kernels = checkedKernels(referenceKernels({ floats, ints: new Int32Array(buffer) }), arena);
  const { values, manifest } = model.parameters;
  initialize(floats.subarray(values), manifest, config, new Random(seed));
  kernels.ints.fill(1, model.keep, model.keep + shape.steps * shape.rows);
  return { model, kernels };
}

/** Fills inputs and targets with random symbols. */
export function randomSymbols({ model, kernels }: Network, seed: number): void {
  const random = new Random(seed);
  const positions = model.shape.steps * model.shape.rows;
  for (let p = 0; p < positions; p++) {
    kernels.ints[model.inputs + p] = random.integer(model.config.symbols);
    kernels.ints[model.targets + p] = random.integer(model.config.symbols);
  }
}

/** Fills the state before the first step with random numbers. */
export function randomState({ model, kernels }: Network, seed: number): void {
  const random = new Random(seed);
  const block = model.shape.rows * model.config.hidden;
  for (const state of model.states) {
    for (let j = 0; j < block; j++) kernels.floats[state.initial + j] = 2 * random.next() - 1;
  }
}

/** Σ losses over all positions, after a forward pass from the state in block 0. */
export function totalLoss({ model, kernels, key }: Network, scale = 1): number {
  const rows = { start: 0, end: model.shape.rows };
  const { steps } = model.shape;
  model.dropWeights(kernels, { start: 0, end: model.parameters.manifest.size }, key);
  model.pack(kernels, SOLO);
  model.forward(kernels, rows, { steps }, key);
  model.loss(kernels, rows, { steps }, scale);
  let sum = 0;
  for (let p = 0; p < steps * model.shape.rows; p++) sum += kernels.floats[model.losses + p]!;
  return sum;
}

/** Forward, backward, and every weight's gradient (of the sum of losses). Returns the loss. */
export function forwardBackward(network: Network, scale = 1): number {
  const { model, kernels, key } = network;
  const { gradients, manifest } = model.parameters;
  const loss = totalLoss(network, scale);
  kernels.fill(gradients, 0, manifest.size);
  model.pack(kernels, SOLO, 'backward');
  model.backward(kernels, { start: 0, end: model.shape.rows }, { steps: model.shape.steps }, key);
  model.weightGradients(kernels, SOLO, { steps: model.shape.steps });
  model.dropGradients(kernels, { start: 0, end: manifest.size }, key);
  return loss;
}
