import type { Arena } from '../kernel/arena.ts';
import { type Address, type Floats, type Kernels, NONE } from '../kernel/contract.ts';
import type { Range, Team } from '../kernel/team.ts';
import { activeRows } from './active.ts';
import type { BatchShape, Extent, Pass } from './batch.ts';
import { buildNetwork } from './build.ts';
import type { ModelConfig } from './config.ts';
import { DropConnect } from './dropconnect.ts';
import { type DropoutConfig, NO_DROPOUT } from './dropout.ts';
import type { DropoutKey } from './dropout-key.ts';
import { Manifest } from './manifest.ts';
import { mixLosses } from './mixture.ts';
import type { Network, SourcePlaces } from './network.ts';
import { type TensorView, tensorsAt } from './parameters.ts';
import type { Recurrent } from './recurrent.ts';
import type { State } from './state.ts';
import type { PassDirection } from './weight.ts';

/** The flat buffer of parameters, and its gradient, in the kernels' memory. */
export interface Parameters {
  readonly manifest: Manifest;
  readonly values: Address;
  /** NONE where no gradients are needed. */
  readonly gradients: Address;
}

/**
 * The model: one network, or an ensemble of M networks. It is planned over an arena, and any thread's kernels can run it. It holds only
 * addresses, so all threads that plan it from the same configuration, shape and arena share one model.
 *
 * The members of an ensemble read the same symbols, and each learns from its own loss, as if it were alone. They differ in the parameters that
 * they start from, and in what dropout drops. The model predicts the mean of the members' distributions (Hansen & Salamon 1990; nn/mixture.ts).
 *
 * A step of training runs `forward`, `loss` and `backward` over slices of batch rows; a thread needs no other thread's rows. When all rows are
 * done, `weightGradients` runs over slices of columns.
 */
export class Model {
  readonly config: ModelConfig;
  readonly shape: BatchShape;
  readonly parameters: Parameters;
  /** int [T][B] the symbols read. */
  readonly inputs: Address;
  /** int [T][B] the symbols to be predicted. A position with a negative target is not counted. */
  readonly targets: Address;
  /** int [T][B] 0 where a row's state is reset to s₀ = 0 before the symbol is read, else 1. */
  readonly keep: Address;
  /** Of a model of pairs: where its sources are written. */
  readonly source: SourcePlaces | undefined;
  /** The networks: one, unless the model is an ensemble. */
  readonly members: readonly Network[];
  /** What carries from step to step, member by member, layer by layer. A field, because every step of a sampled text reads it. */
  readonly states: readonly State[];
  /** [T][B] after `loss`: −log p̄ of the targets in nats; 0 where the target is not counted. */
  readonly losses: Address;
  readonly #dropConnect: DropConnect;

  constructor(arena: Arena, config: ModelConfig, shape: BatchShape, dropout: DropoutConfig = NO_DROPOUT) {
    const manifest = new Manifest(config);
    const positions = shape.steps * shape.rows;
    this.config = config;
    this.shape = shape;
    const values = arena.float(manifest.size);
    const gradients = shape.training ? arena.float(manifest.size) : NONE;
    const sizes = manifest.views.map(({ size }) => size);
    arena.divide(values, sizes);
    if (shape.training) arena.divide(gradients, sizes);
    this.#dropConnect = new DropConnect(arena, manifest.views, (view) => dropProbability(view, config, dropout));
    this.parameters = { manifest, values, gradients };
    this.inputs = arena.int(positions);
    this.targets = arena.int(positions);
    this.keep = arena.int(positions);
    this.source = config.pairs ? sourcePlaces(arena, shape) : undefined;
    const { inputs, keep } = this;
    this.members = Array.from({ length: config.members }, (_, member) => {
      const tensors = tensorsAt(manifest.ofMember(member), values, gradients, this.#dropConnect.copies);
      return buildNetwork({ arena, config, shape, dropout, tensors, member, inputs, keep, source: this.source });
    });
    this.states = this.members.flatMap((member) => member.states);
    this.losses = config.members > 1 ? arena.float(positions) : this.members[0]!.losses;
  }

  /** The layers from the bottom up, if the model is one network. RangeError if it is an ensemble: there each member has layers of its own. */
  get layers(): readonly Recurrent[] {
    const [only, ...others] = this.members;
    if (!only || others.length > 0)
      throw new RangeError(`a model of one network is wanted, not of ${this.members.length}`);
    return only.layers;
  }

  /**
   * Makes this thread's share of the packed weights. All threads must do this before `forward` when parameters have changed, and, with
   * 'backward', between `forward` and `backward`. RangeError in a pass for which the weights are not packed.
   */
  pack(k: Kernels, team: Team, direction: PassDirection = 'forward'): void {
    const weights = this.members.flatMap((member) => member.weights);
    for (const [index, weight] of weights.entries()) weight.pack(k, direction, index % team.size === team.rank);
  }

  /** Whether products read masked copies of parameters. If so, all threads must do `dropWeights` before `pack`. */
  get dropsWeights(): boolean {
    return !this.#dropConnect.isEmpty;
  }

  /** Makes this thread's share of the masked copies: the range `elements` of the flat buffer. */
  dropWeights(k: Kernels, elements: Range, key: DropoutKey): void {
    this.#dropConnect.forward(k, this.parameters.values, elements, key);
  }

  /** Masks this thread's share of the gradients of weights that were dropped. All threads must have done `weightGradients` before. */
  dropGradients(k: Kernels, elements: Range, key: DropoutKey): void {
    this.#dropConnect.backward(k, this.parameters.gradients, elements, key);
  }

  /**
   * What has to be run of the window in memory: of a language model all, and of a model of pairs the rows that have not ended, step by step. The
   * sources are where `source` says, and a target ends with its last symbol that is counted.
   */
  extent(k: Kernels, steps: number, sourceSteps: number): Extent {
    const { source, targets, shape } = this;
    if (!source) return { steps };
    return {
      steps,
      sourceSteps,
      active: activeRows((position) => k.ints[targets + position]! >= 0, steps, shape.rows),
      activeSource: activeRows((position) => k.ints[source.mask + position] !== 0, sourceSteps, shape.rows),
    };
  }

  /** Computes the logits of a window, for a slice of batch rows, from the initial state. With a key, numbers are dropped. */
  forward(k: Kernels, rows: Range, extent: Extent, key?: DropoutKey): void {
    const pass: Pass = { ...extent, rows, key };
    for (const member of this.members) member.forward(k, pass);
  }

  /** The part of `forward` that reads the sources of a slice of batch rows, of a transducer: what its decoder starts from and attends to. */
  encode(k: Kernels, rows: Range, sourceSteps: number): void {
    const pass: Pass = { rows, steps: 0, sourceSteps, key: undefined };
    for (const member of this.members) member.encode(k, pass);
  }

  /** The part of `forward` that gives a slice of decoder rows their first state: that of the source in row sourceRows[r], for row r. */
  start(k: Kernels, rows: Range, sourceRows: ArrayLike<number>): void {
    const pass: Pass = { rows, steps: 0, key: undefined, sourceRows };
    for (const member of this.members) member.start(k, pass);
  }

  /** The part of `forward` that gives logits, from the state before the first step; row r decodes the source in row sourceRows[r]. */
  decode(k: Kernels, rows: Range, steps: number, sourceRows?: ArrayLike<number>): void {
    const pass: Pass = { rows, steps, key: undefined, sourceRows };
    for (const member of this.members) member.decode(k, pass);
  }

  /** Computes the model's losses, and replaces each member's logits by scale · ∂(sum of the member's losses)/∂logits. */
  loss(k: Kernels, rows: Range, extent: Extent, scale: number): void {
    const pass: Pass = { ...extent, rows, key: undefined };
    for (const member of this.members) member.loss(k, this.targets, pass, scale);
    if (this.members.length === 1) return;
    for (let step = 0; step < extent.steps; step++) {
      const first = step * this.shape.rows + rows.start;
      const own = this.members.map(({ losses }) => losses + first);
      mixLosses(k.floats, this.losses + first, own, rows.end - rows.start);
    }
  }

  /** Computes the gradients of every signal, back through all steps and layers, for a slice of batch rows. The key is that of `forward`. */
  backward(k: Kernels, rows: Range, extent: Extent, key?: DropoutKey): void {
    const pass: Pass = { ...extent, rows, key };
    for (const member of this.members) member.backward(k, pass);
  }

  /** Adds to this thread's share of every parameter's gradient, summing over all rows and steps. */
  weightGradients(k: Kernels, team: Team, extent: Extent): void {
    for (const member of this.members) member.weightGradients(k, team, extent);
  }

  /** The state after `steps` steps becomes the initial state, for `rows` rows: what truncated BPTT carries on. */
  carry(k: Kernels, steps: number, rows = this.shape.rows): void {
    for (const state of this.states) state.carry(k, steps, rows);
  }

  /** Copies of the initial states, [B][width] each. `loadStates` sets the initial states to them again. */
  saveStates(k: Kernels): Floats[] {
    return this.states.map((state) => state.save(k));
  }

  loadStates(k: Kernels, saved: readonly ArrayLike<number>[]): void {
    for (const [index, state] of this.states.entries()) state.load(k, saved[index] ?? []);
  }
}

function sourcePlaces(arena: Arena, { sourceSteps = 1, rows }: BatchShape): SourcePlaces {
  const place = (): Address => arena.int(sourceSteps * rows);
  return { ids: place(), mask: place(), keep: place(), keepBackwards: place(), lengths: arena.int(rows) };
}

/** The probability that a number of a tensor is dropped. */
function dropProbability(
  { role }: TensorView,
  { embedding }: ModelConfig,
  { input, recurrent }: DropoutConfig,
): number {
  if (role === 'recurrent') return recurrent;
  // Numbers of an embedding are dropped from the signal that it writes. One-hot symbols pick rows of U, so numbers of U are dropped.
  return role === 'lookup' && embedding === 0 ? input : 0;
}
