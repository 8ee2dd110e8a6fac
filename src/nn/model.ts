import type { Arena } from '../kernel/arena.ts';
import { type Address, type Floats, type Kernels, NONE } from '../kernel/contract.ts';
import { type Range, share, type Team } from '../kernel/team.ts';
import type { BatchShape } from './cell.ts';
import type { ModelConfig } from './config.ts';
import { Layer, type LayerInput } from './layer.ts';
import { Output } from './output.ts';
import { Manifest, Parameters } from './parameters.ts';

/** Columns are shared out in whole panels of the matrix product, and elements in whole cache lines. */
const GRAIN = 16;

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
  readonly #embedded: (LayerInput & { kind: 'dense' }) | undefined;

  constructor(arena: Arena, config: ModelConfig, shape: BatchShape) {
    const manifest = new Manifest(config);
    const positions = shape.steps * shape.rows;
    this.config = config;
    this.shape = shape;
    const values = arena.float(manifest.size);
    this.parameters = new Parameters(manifest, values, shape.training ? arena.float(manifest.size) : NONE);
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
    for (let index = 0; index < config.layers; index++) {
      const below = layers.at(-1)?.output ?? this.#embedded ?? { kind: 'symbols' as const, ids: this.inputs };
      layers.push(new Layer(arena, config, this.parameters, shape, index, below, this.keep, zeros));
    }
    const top = layers.at(-1);
    if (!top) throw new RangeError(`a model has at least one layer, not ${config.layers}`);
    this.#layers = layers;
    this.#output = new Output(arena, this.parameters, shape, config.symbols, top.output, zeros);
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

  /** Logits of steps 0 … steps − 1 for a slice of batch rows, from the state in block 0. */
  forward(k: Kernels, rows: Range, steps: number): void {
    if (this.#embedded) this.#embed(k, this.#embedded, rows, steps);
    for (const layer of this.#layers) layer.forward(k, rows, steps);
    this.#output.forward(k, rows, steps);
  }

  /** Losses, and in place of the logits scale · ∂(sum of losses)/∂logits. */
  loss(k: Kernels, rows: Range, steps: number, scale: number): void {
    this.#output.loss(k, this.targets, rows, steps, scale);
  }

  /** Gradients of every activation, back through all steps and layers, for a slice of batch rows. */
  backward(k: Kernels, rows: Range, steps: number): void {
    this.#output.backward(k, rows, steps);
    for (const layer of this.#layers.toReversed()) layer.backward(k, rows, steps);
  }

  /** Adds this thread's share of every parameter's gradient, summed over all rows and steps. */
  weightGradients(k: Kernels, team: Team, steps: number): void {
    for (const layer of this.#layers) layer.weightGradients(k, share(team, layer.columns, GRAIN), steps);
    this.#output.weightGradients(k, share(team, this.config.symbols, GRAIN), steps);
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

  #embed(k: Kernels, { values, width }: { values: Address; width: number }, rows: Range, steps: number): void {
    const table = this.parameters.at('embedding').value; // E [V, E]
    for (let step = 0; step < steps; step++) {
      const first = step * this.shape.rows + rows.start;
      k.gatherRows(values + first * width, table, this.inputs + first, NONE, rows.end - rows.start, width);
    }
  }
}
