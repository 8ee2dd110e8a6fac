import type { Arena } from '../kernel/arena.ts';
import { type Address, type Kernels, NONE } from '../kernel/contract.ts';
import { GRAIN, type Range, share, type Team } from '../kernel/team.ts';
import type { BatchShape } from './cell.ts';
import type { ModelConfig } from './config.ts';
import { Dropout, type DropoutConfig, type DropoutKey } from './dropout.ts';
import { type DenseInput, Layer } from './layer.ts';
import { Output } from './output.ts';
import type { MemberParameters } from './parameters.ts';
import type { Weight } from './weight.ts';

/** What a network is made of. */
export interface StackPlan {
  readonly arena: Arena;
  readonly config: ModelConfig;
  readonly shape: BatchShape;
  readonly dropout: DropoutConfig;
  /** The network's own: names are without a member's prefix. */
  readonly parameters: MemberParameters;
  /** Which of the model's networks this is. */
  readonly member: number;
  /** int [T][B] the symbols read. */
  readonly inputs: Address;
  /** int [T][B] 0 where a row's state is reset to s₀ = 0 before the symbol is read, else 1. */
  readonly keep: Address;
}

/** A stacked network: symbols → (embedding) → recurrent layers → logits. The model has one, or is an ensemble of several. */
export class Stack {
  /** From the bottom up. */
  readonly layers: readonly Layer[];
  readonly #plan: StackPlan;
  readonly #output: Output;
  readonly #embedded: DenseInput | undefined;
  /** What is dropped before layer l, and, last, before the output layer. */
  readonly #dropouts: readonly (Dropout | undefined)[];

  constructor(plan: StackPlan) {
    const { arena, config, shape, dropout, parameters, member, inputs, keep } = plan;
    const positions = shape.steps * shape.rows;
    this.#plan = plan;
    if (config.embedding > 0) {
      this.#embedded = {
        kind: 'dense',
        values: arena.float(positions * config.embedding), // [T][B][E]
        gradients: arena.float(shape.training ? positions * config.embedding : 0),
        width: config.embedding,
      };
    }
    const zeros = arena.float(Math.max(config.hidden, config.embedding)); // never written to
    const layers: Layer[] = [];
    const dropouts: (Dropout | undefined)[] = [];
    // Each place of each member has a key of its own. They are negative: DropConnect's are offsets of tensors (nn/dropout.ts).
    const firstSite = -1 - member * (config.layers + 1);
    const dropped = (input: DenseInput | undefined, probability: number): DenseInput | undefined => {
      const site = firstSite - dropouts.length;
      const made = input && probability > 0;
      dropouts.push(made ? new Dropout(arena, shape, input, probability, dropout.variational, site) : undefined);
      return dropouts.at(-1)?.output ?? input;
    };
    for (let index = 0; index < config.layers; index++) {
      const below = layers.at(-1)?.output ?? this.#embedded;
      const input = dropped(below, index === 0 ? dropout.input : dropout.layers) ?? symbols(inputs);
      layers.push(new Layer(arena, config, parameters, shape, index, input, keep, zeros));
    }
    const top = dropped(layers.at(-1)?.output, dropout.output);
    if (!top) throw new RangeError(`a model has at least one layer, not ${config.layers}`);
    this.layers = layers;
    this.#dropouts = dropouts;
    this.#output = new Output(arena, parameters, shape, config, top, zeros);
  }

  /** [T][B][V] logits after `forward`; their gradient after `loss`. */
  get logits(): Address {
    return this.#output.logits;
  }

  /** [T][B] losses in nats after `loss`. */
  get losses(): Address {
    return this.#output.losses;
  }

  /** [T+1][B][H] blocks of the recurrent state, layer by layer; block 0 is the state before the first step. */
  get states(): readonly Address[] {
    return this.layers.flatMap((layer) => layer.states);
  }

  /** Everything that is packed for products when parameters changed. */
  get weights(): readonly Weight[] {
    return [this.#output.weight, ...this.layers.flatMap((layer) => layer.weights)];
  }

  /** Logits of steps 0 … steps − 1 for a slice of batch rows, from the state in block 0. With a key, numbers are dropped. */
  forward(k: Kernels, rows: Range, steps: number, key?: DropoutKey): void {
    if (this.#embedded) this.#embed(k, this.#embedded, rows, steps);
    for (const [index, layer] of this.layers.entries()) {
      this.#dropouts[index]?.forward(k, rows, steps, key);
      layer.forward(k, rows, steps);
    }
    this.#dropouts.at(-1)?.forward(k, rows, steps, key);
    this.#output.forward(k, rows, steps);
  }

  /** Losses, and in place of the logits scale · ∂(sum of losses)/∂logits. */
  loss(k: Kernels, targets: Address, rows: Range, steps: number, scale: number): void {
    this.#output.loss(k, targets, rows, steps, scale);
  }

  /** Gradients of every activation, back through all steps and layers, for a slice of batch rows. The key is that of `forward`. */
  backward(k: Kernels, rows: Range, steps: number, key?: DropoutKey): void {
    this.#output.backward(k, rows, steps);
    this.#dropouts.at(-1)?.backward(k, rows, steps, key);
    for (const [index, layer] of [...this.layers.entries()].reverse()) {
      layer.backward(k, rows, steps);
      this.#dropouts[index]?.backward(k, rows, steps, key);
    }
  }

  /** Adds this thread's share of every parameter's gradient, summed over all rows and steps. */
  weightGradients(k: Kernels, team: Team, steps: number): void {
    for (const layer of this.layers) layer.weightGradients(k, share(team, layer.columns, GRAIN), steps);
    this.#output.weightGradients(k, team, steps);
    if (!this.#embedded) return;
    const { width, gradients } = this.#embedded;
    const { start, end } = share(team, width, GRAIN);
    const table = this.#plan.parameters.at('embedding').gradient + start;
    k.scatterRows(
      table,
      gradients + start,
      this.#plan.inputs,
      steps * this.#plan.shape.rows,
      end - start,
      width,
      width,
    );
  }

  #embed(k: Kernels, { values, width }: DenseInput, rows: Range, steps: number): void {
    const table = this.#plan.parameters.at('embedding').value; // E [V, E]
    for (let step = 0; step < steps; step++) {
      const first = step * this.#plan.shape.rows + rows.start;
      k.gatherRows(values + first * width, table, this.#plan.inputs + first, NONE, rows.end - rows.start, width);
    }
  }
}

function symbols(ids: Address): { kind: 'symbols'; ids: Address } {
  return { kind: 'symbols', ids };
}
