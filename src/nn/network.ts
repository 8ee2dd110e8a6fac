import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Team } from '../kernel/team.ts';
import type { Attention } from './attention.ts';
import type { BatchShape, Extent, Pass } from './batch.ts';
import type { ModelConfig } from './config.ts';
import type { DropoutConfig } from './dropout.ts';
import type { Module } from './module.ts';
import type { TensorSource } from './parameters.ts';
import type { Recurrent } from './recurrent.ts';
import type { Softmax } from './softmax.ts';
import type { State } from './state.ts';
import type { Packed } from './weight.ts';

/** What a network is made of. */
export interface NetworkPlan {
  readonly arena: Arena;
  readonly config: ModelConfig;
  readonly shape: BatchShape;
  readonly dropout: DropoutConfig;
  /** The tensors of this network alone. Their names are without the prefix of an ensemble's member. */
  readonly tensors: TensorSource;
  /** Which of the model's networks this is. */
  readonly member: number;
  /** int [T][B] the symbols read. */
  readonly inputs: Address;
  /** int [T][B] 0 where a row's state is reset to s₀ = 0 before the symbol is read, else 1. */
  readonly keep: Address;
  /** Of a model of pairs. */
  readonly source?: SourcePlaces | undefined;
}

/** Where the source of a batch of pairs lies: int [S][B], and [B] for the lengths. */
export interface SourcePlaces {
  /** Ids of the symbols. */
  readonly ids: Address;
  /** 1 where there is a symbol, else 0. */
  readonly mask: Address;
  /** 0 at the first step, else 1. */
  readonly keep: Address;
  /** 0 at the last symbol of each source, else 1. */
  readonly keepBackwards: Address;
  /** The number of symbols of each source. */
  readonly lengths: Address;
}

/** The modules of a network, in the order in which they run. A transducer's parts can be run one by one; they come in this order. */
export interface NetworkParts {
  /** What runs once for a source. */
  readonly encoder?: readonly Module[];
  /** What gives the decoder its first state. */
  readonly starts?: readonly Module[];
  /** What runs at every step, and all of a network that has no parts. It ends in the output layer. */
  readonly decoder: readonly Module[];
}

/** A list of modules that ends in an output layer. It runs forward in order, and backward in reverse order. */
export class Network {
  readonly layers: readonly Recurrent[];
  readonly states: readonly State[];
  /** What a transducer attends with, if it does: for code that looks inside a model. */
  readonly attention: Attention | undefined;
  readonly #parts: Required<NetworkParts>;
  readonly #modules: readonly Module[];
  readonly #output: Softmax;

  /**
   * @param layers the recurrent layers from the bottom up, for code that looks inside a model
   * @param states what carries from one window to the next, or from one symbol to the next when a text is generated; all if not given
   */
  constructor(
    { encoder = [], starts = [], decoder }: NetworkParts,
    layers: readonly Recurrent[],
    output: Softmax,
    states?: readonly State[],
    attention?: Attention,
  ) {
    this.layers = layers;
    this.attention = attention;
    this.#parts = { encoder, starts, decoder };
    this.#modules = [...encoder, ...starts, ...decoder];
    this.states = states ?? this.#modules.flatMap((module) => module.states);
    this.#output = output;
  }

  /** [T][B][V] logits after `forward`; their gradient after `loss`. */
  get logits(): Address {
    return this.#output.logits;
  }

  /** [T][B] losses in nats after `loss`. */
  get losses(): Address {
    return this.#output.losses;
  }

  /** The matrices whose packed copies must be renewed when parameters have changed. */
  get weights(): readonly Packed[] {
    return this.#modules.flatMap(({ weights }) => weights);
  }

  forward(k: Kernels, pass: Pass): void {
    for (const module of this.#modules) module.forward(k, pass);
  }

  /** The part of `forward` that runs once for a source. */
  encode(k: Kernels, pass: Pass): void {
    for (const module of this.#parts.encoder) module.forward(k, pass);
  }

  /** The part of `forward` that gives the decoder its first state. */
  start(k: Kernels, pass: Pass): void {
    for (const module of this.#parts.starts) module.forward(k, pass);
  }

  /** The part of `forward` that runs at every step. */
  decode(k: Kernels, pass: Pass): void {
    for (const module of this.#parts.decoder) module.forward(k, pass);
  }

  /** Computes the losses, and replaces the logits by scale · ∂(sum of losses)/∂logits. */
  loss(k: Kernels, targets: Address, pass: Pass, scale: number): void {
    this.#output.loss(k, targets, pass, scale);
  }

  /** Computes the gradients of every signal, back through all modules. The pass is the one that `forward` was given. */
  backward(k: Kernels, pass: Pass): void {
    for (const module of this.#modules.toReversed()) module.backward(k, pass);
  }

  /**
   * Adds to this thread's share of every tensor's gradient, summing over all rows and steps. The order is that of `backward`. It matters where
   * two modules share a tensor, as an embedding and an output layer may.
   */
  weightGradients(k: Kernels, team: Team, extent: Extent): void {
    for (const module of this.#modules.toReversed()) module.weightGradients(k, team, extent);
  }
}
