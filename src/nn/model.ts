import type { Arena } from '../kernel/arena.ts';
import { type Address, type Floats, type Kernels, NONE } from '../kernel/contract.ts';
import { GRAIN, type Range, share, type Team } from '../kernel/team.ts';
import type { BatchShape } from './cell.ts';
import type { ModelConfig } from './config.ts';
import { DropConnect, Dropout, type DropoutConfig, type DropoutKey, NO_DROPOUT } from './dropout.ts';
import { type DenseInput, Layer } from './layer.ts';
import { Output } from './output.ts';
import { Manifest, Parameters } from './parameters.ts';

/**
 * The stacked network: symbols → (embedding) → recurrent layers → logits, planned over an arena and run by any thread's
 * kernels. It holds addresses alone, so every thread that plans it from the same configuration, shape and arena sees
 * the same network.
 *
 * Training is forward, loss, backward over slices of batch rows (a thread needs no other thread's rows), then, when
 * all rows are done, weight gradients over slices of columns.
 */
export class Model {
  readonly config: ModelConfig;
  readonly shape: BatchShape;
  readonly parameters: Parameters;
  /** int [T][B] the symbols read. */
  readonly inputs: Address;
  /** int [T][B] the symbols to be predicted; negative where a position is not counted. */
  readonly targets: Address;
  /** int [T][B] 0 where a row's state is reset to s₀ = 0 before the symbol is read, else 1. */
  readonly keep: Address;
  readonly #layers: readonly Layer[];
  readonly #output: Output;
  readonly #embedded: DenseInput | undefined;
  /** What is dropped before layer l, and, last, before the output layer. */
  readonly #dropouts: readonly (Dropout | undefined)[];
  readonly #dropConnect: DropConnect;

  constructor(arena: Arena, config: ModelConfig, shape: BatchShape, dropout: DropoutConfig = NO_DROPOUT) {
    const manifest = new Manifest(config);
    const positions = shape.steps * shape.rows;
    this.config = config;
    this.shape = shape;
    const values = arena.float(manifest.size);
    const gradients = shape.training ? arena.float(manifest.size) : NONE;
    this.#dropConnect = new DropConnect(arena, manifest, droppedWeights(config, dropout));
    this.parameters = new Parameters(manifest, values, gradients, this.#dropConnect.copies);
    this.inputs = arena.int(positions);
    this.targets = arena.int(positions);
    this.keep = arena.int(positions);
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
    const dropped = (input: DenseInput | undefined, probability: number): DenseInput | undefined => {
      const site = -1 - dropouts.length;
      const made = input && probability > 0;
      dropouts.push(made ? new Dropout(arena, shape, input, probability, dropout.variational, site) : undefined);
      return dropouts.at(-1)?.output ?? input;
    };
    for (let index = 0; index < config.layers; index++) {
      const below = layers.at(-1)?.output ?? this.#embedded;
      const input = dropped(below, index === 0 ? dropout.input : dropout.layers) ?? symbols(this.inputs);
      layers.push(new Layer(arena, config, this.parameters, shape, index, input, this.keep, zeros));
    }
    const top = dropped(layers.at(-1)?.output, dropout.output);
    if (!top) throw new RangeError(`a model has at least one layer, not ${config.layers}`);
    this.#layers = layers;
    this.#dropouts = dropouts;
    this.#output = new Output(arena, this.parameters, shape, config, top, zeros);
  }

  /** From the bottom up. */
  get layers(): readonly Layer[] {
    return this.#layers;
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
    return this.#layers.flatMap((layer) => layer.states);
  }

  /** Brings this thread's share of the packed weights up to date; needed by all before `forward` when parameters changed. */
  pack(k: Kernels, team: Team): void {
    const tasks = [this.#output.weight, ...this.#layers.flatMap((layer) => layer.weights)].flatMap((w) => w.packing);
    for (let task = team.rank; task < tasks.length; task += team.size) tasks[task]?.(k);
  }

  /** Whether products read copies of parameters: `dropWeights` must then be done, by all, before `pack`. */
  get dropsWeights(): boolean {
    return !this.#dropConnect.isEmpty;
  }

  /** Makes this thread's share, `elements` of the flat buffer, of the masked copies. */
  dropWeights(k: Kernels, elements: Range, key: DropoutKey): void {
    this.#dropConnect.forward(k, this.parameters.values, elements, key);
  }

  /** Masks this thread's share of the gradients of weights that were dropped; needs all of `weightGradients`. */
  dropGradients(k: Kernels, elements: Range, key: DropoutKey): void {
    this.#dropConnect.backward(k, this.parameters.gradients, elements, key);
  }

  /** Logits of steps 0 … steps − 1 for a slice of batch rows, from the state in block 0. With a key, numbers are dropped. */
  forward(k: Kernels, rows: Range, steps: number, key?: DropoutKey): void {
    if (this.#embedded) this.#embed(k, this.#embedded, rows, steps);
    for (const [index, layer] of this.#layers.entries()) {
      this.#dropouts[index]?.forward(k, rows, steps, key);
      layer.forward(k, rows, steps);
    }
    this.#dropouts.at(-1)?.forward(k, rows, steps, key);
    this.#output.forward(k, rows, steps);
  }

  /** Losses, and in place of the logits scale · ∂(sum of losses)/∂logits. */
  loss(k: Kernels, rows: Range, steps: number, scale: number): void {
    this.#output.loss(k, this.targets, rows, steps, scale);
  }

  /** Gradients of every activation, back through all steps and layers, for a slice of batch rows. The key is that of `forward`. */
  backward(k: Kernels, rows: Range, steps: number, key?: DropoutKey): void {
    this.#output.backward(k, rows, steps);
    this.#dropouts.at(-1)?.backward(k, rows, steps, key);
    for (const [index, layer] of [...this.#layers.entries()].reverse()) {
      layer.backward(k, rows, steps);
      this.#dropouts[index]?.backward(k, rows, steps, key);
    }
  }

  /** Adds this thread's share of every parameter's gradient, summed over all rows and steps. */
  weightGradients(k: Kernels, team: Team, steps: number): void {
    for (const layer of this.#layers) layer.weightGradients(k, share(team, layer.columns, GRAIN), steps);
    this.#output.weightGradients(k, team, steps);
    if (!this.#embedded) return;
    const { width, gradients } = this.#embedded;
    const { start, end } = share(team, width, GRAIN);
    const table = this.parameters.at('embedding').gradient + start;
    k.scatterRows(table, gradients + start, this.inputs, steps * this.shape.rows, end - start, width, width);
  }

  /** The state after `steps` steps becomes the state before the first, for `rows` rows: what truncated BPTT carries on. */
  carry(k: Kernels, steps: number, rows = this.shape.rows): void {
    const { hidden } = this.config;
    for (const state of this.states) {
      const after = state + steps * this.shape.rows * hidden;
      k.floats.copyWithin(state, after, after + rows * hidden);
    }
  }

  /** Copies of the states before the first step, to be taken up again by `loadStates`: [B][H] each. */
  saveStates(k: Kernels): Floats[] {
    const block = this.shape.rows * this.config.hidden;
    return this.states.map((state) => k.floats.slice(state, state + block));
  }

  loadStates(k: Kernels, saved: readonly ArrayLike<number>[]): void {
    for (const [index, state] of this.states.entries()) k.floats.set(saved[index] ?? [], state);
  }

  #embed(k: Kernels, { values, width }: DenseInput, rows: Range, steps: number): void {
    const table = this.parameters.at('embedding').value; // E [V, E]
    for (let step = 0; step < steps; step++) {
      const first = step * this.shape.rows + rows.start;
      k.gatherRows(values + first * width, table, this.inputs + first, NONE, rows.end - rows.start, width);
    }
  }
}

function symbols(ids: Address): { kind: 'symbols'; ids: Address } {
  return { kind: 'symbols', ids };
}

/** The probability that a number of a matrix is dropped, for those matrices whose numbers can be. */
function droppedWeights({ layers, embedding }: ModelConfig, { input, recurrent }: DropoutConfig): Map<string, number> {
  const matrices = Array.from({ length: layers }, (_, layer) => [`layers.${layer}.recurrent`, recurrent] as const);
  return new Map([...(embedding === 0 ? [['layers.0.input', input] as const] : []), ...matrices]);
}
