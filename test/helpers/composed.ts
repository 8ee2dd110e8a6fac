import { expect } from 'vitest';
import { Arena } from '../../src/kernel/arena.ts';
import type { Address, Kernels, Memory } from '../../src/kernel/contract.ts';
import { referenceKernels } from '../../src/kernel/reference.ts';
import { share, type Team } from '../../src/kernel/team.ts';
import type { BatchShape } from '../../src/nn/batch.ts';
import type { DropoutKey } from '../../src/nn/dropout-key.ts';
import type { Module } from '../../src/nn/module.ts';
import { Network } from '../../src/nn/network.ts';
import { declaredTensors, layOut, type TensorSource, type TensorView, tensorsAt } from '../../src/nn/parameters.ts';
import type { Signal } from '../../src/nn/signal.ts';
import type { Softmax } from '../../src/nn/softmax.ts';
import type { State } from '../../src/nn/state.ts';
import type { PassDirection } from '../../src/nn/weight.ts';
import { Zeros } from '../../src/nn/zeros.ts';
import { Random } from '../../src/random.ts';
import type { Differentiated } from './differences.ts';
import { relativeError } from './golden.ts';

/** What a network is composed from. */
export interface Parts {
  readonly arena: Arena;
  readonly zeros: Zeros;
  readonly shape: BatchShape;
  readonly tensors: TensorSource;
  readonly places: Places;
  /** Adds a module: they run forward in the order in which they are added. The softmax is the last. */
  readonly add: <M extends Module>(module: M) => M;
}

/** int [T][B] each. */
export interface Places {
  /** The symbols read. */
  readonly ids: Address;
  /** The symbols to be predicted. */
  readonly targets: Address;
  /** 1 everywhere at first. See `RecurrentPlan` and `BidirectionalPlan`. */
  readonly keep: Address;
  readonly keepBackwards: Address;
  readonly mask: Address;
}

/** What the function that composes a network returns: its output layer, and whatever else a test wants to see. */
export interface Built {
  readonly output: Softmax;
}

/** A network made of modules, with its tensors, ready to run. */
export interface Composed<B extends Built = Built> {
  readonly shape: BatchShape;
  readonly kernels: Kernels;
  readonly network: Network;
  readonly modules: readonly Module[];
  readonly views: readonly TensorView[];
  /** The flat buffer of parameters, and of their gradients. */
  readonly values: Address;
  readonly gradients: Address;
  readonly places: Places;
  readonly built: B;
}

/** Which kernels compute, and how wide their numbers are. */
export interface Arithmetic {
  readonly bytesPerFloat: 4 | 8;
  readonly open: (arena: Arena) => Kernels;
}

export const DOUBLE: Arithmetic = { bytesPerFloat: 8, open: (arena) => reference(arena, Float64Array) };
export const SINGLE: Arithmetic = { bytesPerFloat: 4, open: (arena) => reference(arena, Float32Array) };

function reference(arena: Arena, Floats: new (buffer: ArrayBuffer) => Memory['floats']): Kernels {
  const buffer = new ArrayBuffer(arena.bytes);
  return referenceKernels({ floats: new Floats(buffer), ints: new Int32Array(buffer) });
}

/**
 * Composes a network over a memory of its own. `build` is called twice: first to hear which tensors the modules declare, then with the tensors
 * in place. Parameters are drawn from a seed, uniform in ±0.7.
 */
export function compose<B extends Built>(
  shape: BatchShape,
  build: (parts: Parts) => B,
  seed: number,
  { bytesPerFloat, open }: Arithmetic = DOUBLE,
): Composed<B> {
  const specs = declaredTensors((tensors) => build(partsOf(new Arena(), shape, tensors, [])));
  const views = layOut(specs, '', 0);
  const size = sizeOf(views);
  const arena = new Arena(bytesPerFloat);
  const values = arena.float(size);
  const gradients = arena.float(size);
  const modules: Module[] = [];
  const parts = partsOf(arena, shape, tensorsAt(views, values, gradients), modules);
  const built = build(parts);
  const kernels = open(arena);
  const random = new Random(seed);
  for (let j = 0; j < size; j++) kernels.floats[values + j] = 1.4 * random.next() - 0.7;
  const { places } = parts;
  for (const flags of [places.keep, places.keepBackwards, places.mask])
    kernels.ints.fill(1, flags, flags + shape.steps * shape.rows);
  const network = new Network({ decoder: modules }, [], built.output);
  return { shape, kernels, network, modules, views, values, gradients, places, built };
}

function partsOf(arena: Arena, shape: BatchShape, tensors: TensorSource, modules: Module[]): Parts {
  const ints = () => arena.int(shape.steps * shape.rows);
  const places = { ids: ints(), targets: ints(), keep: ints(), keepBackwards: ints(), mask: ints() };
  const add = <M extends Module>(module: M): M => {
    modules.push(module);
    return module;
  };
  return { arena, zeros: new Zeros(arena), shape, tensors, places, add };
}

export function sizeOf(views: readonly TensorView[]): number {
  return views.reduce((sum, { size }) => sum + size, 0);
}

/** Random symbols, and targets, of a vocabulary. */
export function fillSymbols({ kernels, places, shape }: Composed, symbols: number, seed: number): void {
  const random = new Random(seed);
  for (let position = 0; position < shape.steps * shape.rows; position++) {
    kernels.ints[places.ids + position] = random.integer(symbols);
    kernels.ints[places.targets + position] = random.integer(symbols);
  }
}

/** A network whose parameters, symbols, targets and initial states are random: of the seed, the next one, and the ones after it. */
export function composeFilled<B extends Built>(
  shape: BatchShape,
  build: (parts: Parts) => B,
  seed: number,
  symbols: number,
): Composed<B> {
  const composed = compose(shape, build, seed);
  fillSymbols(composed, symbols, seed + 1);
  fillStates(composed, seed + 2);
  return composed;
}

/** Numbers uniform in ±1. */
export function fillRandom({ floats }: Memory, at: Address, count: number, seed: number): void {
  const random = new Random(seed);
  for (let j = 0; j < count; j++) floats[at + j] = 2 * random.next() - 1;
}

/** Random initial states. */
export function fillStates({ kernels, network, shape }: Composed, seed: number): void {
  for (const [index, { initial, width }] of network.states.entries()) {
    fillRandom(kernels, initial, shape.rows * width, seed + index);
  }
}

/** Sets the flags of positions, given as [step, row], to 0. */
export function clearFlags(
  { kernels, shape }: Composed,
  flags: Address,
  positions: readonly (readonly [number, number])[],
): void {
  for (const [step, row] of positions) kernels.ints[flags + step * shape.rows + row] = 0;
}

/** A module whose contribution to the loss is not a prediction's. */
export interface LossModule extends Module {
  /** [B] after `forward`, each row's contribution. */
  readonly rowLosses: Address;
}

/** What can be seen of a run from outside. */
export interface Run {
  readonly logits: readonly number[];
  /** [T][B]. */
  readonly losses: readonly number[];
  /** In the order of the network's states, [B][width] each. */
  readonly finalStates: readonly (readonly number[])[];
  readonly gradients: readonly number[];
}

export interface RunOptions {
  readonly steps?: number;
  readonly ranks?: readonly number[];
  /** With a key, numbers are dropped. */
  readonly key?: DropoutKey;
}

/**
 * Forward, loss and, where gradients are asked for, backward and weight gradients of the sum of losses; by a team whose threads take turns,
 * in the order of `ranks`, at what would be done between two barriers.
 */
export function run(composed: Composed, { steps = composed.shape.steps, ranks = [0], key }: RunOptions = {}): Run {
  const { kernels, network, shape, built, views, gradients, places } = composed;
  const size = ranks.length;
  const pass = (rank: number) => ({ rows: share(team(rank, size), shape.rows), steps, key });
  pack(composed, 'forward');
  for (const rank of ranks) network.forward(kernels, pass(rank));
  const symbols = symbolsOf(views);
  const logits = numbers(kernels, built.output.logits, steps * shape.rows * symbols);
  kernels.fill(gradients, 0, sizeOf(views));
  for (const rank of ranks) network.loss(kernels, places.targets, pass(rank), 1);
  if (shape.training) pack(composed, 'backward');
  for (const rank of ranks) if (shape.training) network.backward(kernels, pass(rank));
  for (const rank of ranks) if (shape.training) network.weightGradients(kernels, team(rank, size), { steps });
  return {
    logits,
    losses: numbers(kernels, network.losses, steps * shape.rows),
    finalStates: network.states.map((state) => finalState(composed, state, steps)),
    gradients: numbers(kernels, gradients, sizeOf(views)),
  };
}

/** Expects the logits, losses and final states of a naive network in float64, error < 1e-12. */
export function expectAgreement(
  { logits, losses, finalStates }: Run,
  naive: {
    readonly logits: readonly number[];
    readonly losses: readonly number[];
    readonly finals: Run['finalStates'];
  },
): void {
  expect(relativeError(logits, naive.logits), 'logits').toBeLessThan(1e-12);
  expect(relativeError(losses, naive.losses), 'losses').toBeLessThan(1e-12);
  for (const [index, state] of finalStates.entries()) {
    expect(relativeError(state, naive.finals[index]!), `final state ${index}`).toBeLessThan(1e-12);
  }
}

/** The sum of all losses, after a forward pass. With a key, numbers are dropped. */
export function lossOf(composed: Composed, key?: DropoutKey): number {
  const { kernels, network, modules, shape, places } = composed;
  const pass = { rows: { start: 0, end: shape.rows }, steps: shape.steps, key };
  pack(composed, 'forward');
  network.forward(kernels, pass);
  network.loss(kernels, places.targets, pass, 1);
  const others = modules.flatMap((module) =>
    'rowLosses' in module ? numbers(kernels, (module as LossModule).rowLosses, shape.rows) : [],
  );
  return [...numbers(kernels, network.losses, shape.steps * shape.rows), ...others].reduce((sum, loss) => sum + loss);
}

/** [B][width]. */
export function finalState({ kernels, shape }: Composed, state: State, steps = shape.steps): number[] {
  return numbers(kernels, state.final(steps), shape.rows * state.width);
}

/** The parameters and the initial states of a network, by which its loss is differentiated. */
export function unknowns({ views, values, gradients, network, shape }: Composed): Differentiated[] {
  const tensors = views.map(({ name, offset, size }) => {
    return { name, value: values + offset, gradient: gradients + offset, size };
  });
  const states = network.states.map(({ initial, carried, width }, index) => {
    return { name: `initial state ${index}`, value: initial, gradient: carried, size: shape.rows * width };
  });
  return [...tensors, ...states];
}

/** A signal, by which the loss of a network is differentiated. */
export function signalUnknown({ values, gradients, width }: Signal, { steps, rows }: BatchShape): Differentiated {
  return { name: 'signal', value: values, gradient: gradients, size: steps * rows * width };
}

export function numbers({ floats }: Memory, at: Address, count: number): number[] {
  return Array.from(floats.subarray(at, at + count));
}

/** The numbers of batch row `row` in [T][B][width]. */
export function ofRow(all: readonly number[], row: number, rows: number, width: number): number[] {
  return all.filter((_, j) => Math.floor(j / width) % rows === row);
}

function pack({ network, kernels }: Composed, direction: PassDirection): void {
  for (const weight of network.weights) weight.pack(kernels, direction, true);
}

function symbolsOf(views: readonly TensorView[]): number {
  return views.find(({ tensor }) => tensor === 'output.bias')!.size;
}

function team(rank: number, size: number): Team {
  return { rank, size, barrier() {} };
}
