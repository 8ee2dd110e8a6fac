import type { Input } from './affine.ts';
import type { Attention } from './attention.ts';
import type { BatchShape } from './batch.ts';
import type { PairModelConfig } from './config.ts';
import { Dense, type DensePlan } from './dense.ts';
import { Dropout } from './dropout.ts';
import { type Embedding, sharedTable } from './embedding.ts';
import { type FirstState, LastState } from './last-state.ts';
import type { Module } from './module.ts';
import { Network, type NetworkPlan, type SourcePlaces } from './network.ts';
import type { Recurrent } from './recurrent.ts';
import type { Signal } from './signal.ts';
import { Softmax } from './softmax.ts';
import { onSource } from './source.ts';
import type { State } from './state.ts';
import { Zeros } from './zeros.ts';

/** What a dense layer is told, apart from what all modules of a network share. */
type DenseParts = Pick<DensePlan, 'name' | 'activation' | 'hasBias'> & Partial<Pick<DensePlan, 'shape' | 'tensors'>>;

/** Where a module runs: `add` puts it there, and its signals have the steps of `shape`. */
export interface Side {
  readonly shape: BatchShape;
  readonly add: <M extends Module>(module: M) => M;
}

/** Puts the modules of a network of pairs together, in the order in which they run: those on the steps of the source, then the others. */
export class PairBuilder {
  readonly plan: NetworkPlan;
  readonly source: SourcePlaces;
  readonly pairs: PairModelConfig;
  readonly zeros: Zeros;
  /** On the steps of the source; and on those of the window. */
  readonly onSource: Side;
  readonly onWindow: Side;
  /** All recurrences, and what the states of the decoder start from. */
  readonly layers: Recurrent[] = [];
  readonly starts: FirstState[] = [];
  attention: Attention | undefined;
  readonly #encoder: Module[] = [];
  readonly #decoder: Module[] = [];
  #site: number;

  constructor(plan: NetworkPlan, source: SourcePlaces, pairs: PairModelConfig) {
    this.plan = plan;
    this.pairs = pairs;
    this.source = source;
    this.zeros = new Zeros(plan.arena);
    const { shape } = plan;
    this.onWindow = { shape, add: (module) => this.add(module) };
    const add = <M extends Module>(module: M): M => {
      this.#encoder.push(onSource(module));
      return module;
    };
    this.onSource = { shape: { ...shape, steps: shape.sourceSteps ?? 1 }, add };
    // Every place of every member has a key of its own: a network has fewer places than this.
    this.#site = -1 - plan.member * (6 * plan.config.layers + 8);
  }

  /** One step a row. */
  get oneStep(): BatchShape {
    return { ...this.plan.shape, steps: 1 };
  }

  add<M extends Module>(module: M): M {
    this.#decoder.push(module);
    return module;
  }

  /** Adds a module to those of the source that runs as it is, without the steps of the source. */
  addToEncoder<M extends Module>(module: M): M {
    this.#encoder.push(module);
    return module;
  }

  /** A dense layer, as wide as a recurrent one, on the steps of the window if nothing else is said. It is not added yet. */
  dense(inputs: readonly Input[], parts: DenseParts): Dense {
    const { arena, config, tensors, shape } = this.plan;
    return new Dense({ arena, zeros: this.zeros, shape, tensors, inputs, width: config.hidden, ...parts });
  }

  dropped(signal: Signal, probability: number, { shape, add }: Side = this.onWindow): Signal {
    const site = this.#site--;
    if (probability === 0) return signal;
    const { arena, dropout } = this.plan;
    return add(new Dropout(signal, { arena, shape, probability, variational: dropout.variational, site })).output;
  }

  /** The last value of a state of the encoder. */
  lastState(state: State): Signal {
    return this.addToEncoder(new LastState(this.plan.arena, this.oneStep, state)).output;
  }

  /** The network, with softmax(V x + c) of the inputs at its end. */
  finish(
    inputs: readonly Input[],
    shape = this.plan.shape,
    decoder: readonly Recurrent[] = [],
    embedding?: Embedding,
  ): Network {
    const { arena, config, tensors } = this.plan;
    const table = sharedTable(config, embedding);
    const { symbols } = config;
    const output = this.add(
      new Softmax({ arena, zeros: this.zeros, shape, tensors, inputs, symbols, embedding: table }),
    );
    const states = decoder.flatMap((layer) => layer.states);
    const parts = { encoder: this.#encoder, starts: this.starts, decoder: this.#decoder };
    return new Network(parts, this.layers, output, states, this.attention);
  }
}
