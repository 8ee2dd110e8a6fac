import { readFileSync } from 'node:fs';
import { Arena } from '../../src/kernel/arena.ts';
import { checkedKernels } from '../../src/kernel/checked.ts';
import type { Address, Kernels, Memory } from '../../src/kernel/contract.ts';
import { SOLO } from '../../src/kernel/team.ts';
import type { CellName, ModelConfig } from '../../src/nn/config.ts';
import { Model } from '../../src/nn/model.ts';
import type { Network } from './network.ts';

type Numbers = readonly number[];
type Tensors = Readonly<Record<string, Numbers>>;

/** What the optimizers are told, in the names of test/golden/pytorch.py. */
export type OptimizerSettings = { readonly rate: number; readonly weight_decay: number } & (
  | { readonly optimizer: 'adam' | 'adamw'; readonly beta1: number; readonly beta2: number; readonly epsilon: number }
  | { readonly optimizer: 'sgd'; readonly momentum: number }
  | { readonly optimizer: 'rmsprop'; readonly smoothing: number; readonly epsilon: number }
  | { readonly optimizer: 'adagrad'; readonly epsilon: number }
);

export type GoldenCurve = OptimizerSettings & {
  readonly clip: number;
  readonly losses: Numbers;
  readonly norms: Numbers;
  readonly parameters: Tensors;
};

/** A network, and what PyTorch computed with it in one chunk; test/golden/pytorch.py describes every field. */
interface Golden<Config> {
  readonly label: string;
  readonly config: Config;
  readonly steps: number;
  readonly rows: number;
  readonly symbols: Numbers;
  readonly states: readonly Numbers[];
  readonly parameters: Tensors;
  readonly logits: Numbers;
  readonly loss: number;
  readonly gradients: Tensors;
  readonly final_states: readonly Numbers[];
}

/** A language model, with what some updates made of it. */
export interface GoldenCase extends Golden<ModelConfig> {
  readonly curves: readonly GoldenCurve[];
}

/** A network of several modules, with the gradients of its initial states. */
export interface ComposedGolden<Config> extends Golden<Config> {
  readonly state_gradients: readonly Numbers[];
}

export function goldenCases(cell: CellName): readonly GoldenCase[] {
  return casesOf<GoldenCase>(cell).map((golden) => ({
    ...golden,
    config: { ...golden.config, tied: false, members: 1 },
  }));
}

export function composedGoldenCases<Config>(file: 'bidirectional' | 'shared'): readonly ComposedGolden<Config>[] {
  return casesOf(file);
}

function casesOf<Case>(file: string): readonly Case[] {
  const text = readFileSync(new URL(`../golden/${file}.json`, import.meta.url), 'utf8');
  return (JSON.parse(text) as { cases: Case[] }).cases;
}

/** A network with room for an optimizer's two moments, each [parameters], zero at first. */
export interface TrainedNetwork extends Network {
  readonly moments: readonly [Address, Address];
}

/** The case's model with its parameters and its initial state, on the kernels that `make` gives for a memory. */
export function goldenNetwork(golden: GoldenCase, precision: 4 | 8, make: (memory: Memory) => Kernels): TrainedNetwork {
  const arena = new Arena(precision);
  const model = new Model(arena, golden.config, { steps: golden.steps, rows: golden.rows, training: true });
  const { manifest, values } = model.parameters;
  const moments = [arena.float(manifest.size), arena.float(manifest.size)] as const;
  const buffer = new ArrayBuffer(arena.bytes);
  const floats = precision === 8 ? new Float64Array(buffer) : new Float32Array(buffer);
  const kernels = checkedKernels(make({ floats, ints: new Int32Array(buffer) }), arena);
  kernels.ints.fill(1, model.keep, model.keep + golden.steps * golden.rows);
  for (const { name, offset, size } of manifest.views) {
    const tensor = golden.parameters[name];
    if (tensor?.length !== size) throw new RangeError(`${name} has ${tensor?.length} numbers, not ${size}`);
    kernels.floats.set(tensor, values + offset);
  }
  for (const [index, state] of model.states.entries()) state.load(kernels, golden.states[index] ?? []);
  return { model, kernels, moments };
}

/** Inputs and targets of chunk `index` of the case's stream of symbols. */
export function loadChunk({ model, kernels }: Network, { symbols, steps, rows }: GoldenCase, index: number): void {
  const positions = steps * rows;
  const first = index * positions;
  kernels.ints.set(symbols.slice(first, first + positions), model.inputs);
  kernels.ints.set(symbols.slice(first + rows, first + rows + positions), model.targets);
}

/** What one chunk gives, in float64 whatever the kernels' precision. */
export interface ChunkResult {
  readonly logits: Float64Array;
  /** Mean over all positions, in nats. */
  readonly loss: number;
  readonly finalStates: readonly Float64Array[];
}

/** Forward, loss and backward of the mean loss over the chunk that is loaded; gradients are left in the network. */
export function runChunk({ model, kernels }: Network): ChunkResult {
  const { steps, rows } = model.shape;
  const positions = steps * rows;
  const all = { start: 0, end: rows };
  const numbers = (from: Address, count: number) => Float64Array.from(kernels.floats.subarray(from, from + count));
  model.pack(kernels, SOLO);
  model.forward(kernels, all, { steps });
  const logits = numbers(model.members[0]!.logits, positions * model.config.symbols);
  model.loss(kernels, all, { steps }, 1 / positions);
  const loss = numbers(model.losses, positions).reduce((sum, each) => sum + each, 0) / positions;
  kernels.fill(model.parameters.gradients, 0, model.parameters.manifest.size);
  model.pack(kernels, SOLO, 'backward');
  model.backward(kernels, all, { steps });
  model.weightGradients(kernels, SOLO, { steps });
  const block = rows * model.config.hidden;
  return { logits, loss, finalStates: model.states.map((state) => numbers(state.final(steps), block)) };
}

/** Update number `step` (from 1) of all parameters, their gradient multiplied by `scale`. */
export function update(network: TrainedNetwork, settings: OptimizerSettings, scale: number, step: number): void {
  const { kernels, moments } = network;
  const { values, gradients, manifest } = network.model.parameters;
  const shared = { rate: settings.rate, weightDecay: settings.weight_decay, scale };
  switch (settings.optimizer) {
    case 'adam':
    case 'adamw':
      kernels.adam(values, gradients, ...moments, manifest.size, { ...settings, ...shared, step });
      break;
    case 'sgd':
      kernels.sgd(values, gradients, moments[0], manifest.size, { ...settings, ...shared });
      break;
    case 'rmsprop':
      kernels.rmsProp(values, gradients, moments[0], manifest.size, { ...settings, ...shared });
      break;
    case 'adagrad':
      kernels.adagrad(values, gradients, moments[0], manifest.size, { ...settings, ...shared });
      break;
  }
}

/** ‖ours − theirs‖∞ / ‖theirs‖∞; NaN where either holds NaN, and Infinity where their lengths differ. */
export function relativeError(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  let error = 0;
  let largest = 0;
  for (let j = 0; j < theirs.length; j++) {
    error = Math.max(error, Math.abs(ours[j]! - theirs[j]!));
    largest = Math.max(largest, Math.abs(theirs[j]!));
  }
  return error === 0 ? 0 : error / largest;
}
