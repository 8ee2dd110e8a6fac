import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Team } from '../kernel/team.ts';
import type { BatchShape, Pass } from './batch.ts';
import type { ModelConfig } from './config.ts';
import type { DropoutConfig } from './dropout.ts';
import type { Module } from './module.ts';
import type { TensorSource } from './parameters.ts';
import type { Recurrent } from './recurrent.ts';
import type { Softmax } from './softmax.ts';
import type { State } from './state.ts';
import type { Weight } from './weight.ts';

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
}

/** A list of modules that ends in an output layer. It runs forward in order, and backward in reverse order. */
export class Network {
  /** The recurrent layers from the bottom up, for code that looks inside a model. */
  readonly layers: readonly Recurrent[];
  readonly #modules: readonly Module[];
  readonly #output: Softmax;

  /** @param modules in the order in which they run forward; `output` is the last of them */
  constructor(modules: readonly Module[], layers: readonly Recurrent[], output: Softmax) {
    this.layers = layers;
    this.#modules = modules;
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

  /** What carries from step to step, layer by layer. */
  get states(): readonly State[] {
    return this.#modules.flatMap(({ states }) => states);
  }

  /** The matrices whose packed copies must be renewed when parameters have changed. */
  get weights(): readonly Weight[] {
    return this.#modules.flatMap(({ weights }) => weights);
  }

  forward(k: Kernels, pass: Pass): void {
    for (const module of this.#modules) module.forward(k, pass);
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
  weightGradients(k: Kernels, team: Team, steps: number): void {
    for (const module of this.#modules.toReversed()) module.weightGradients(k, team, steps);
  }
}
