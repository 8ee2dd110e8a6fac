import { CELL_KINDS } from '../nn/cells/index.ts';
import type { ModelConfig } from '../nn/config.ts';
import type { TensorView } from '../nn/parameters.ts';
import { layoutOf, toTheirs } from './layout.ts';
import { attribute, type GraphBuilder } from './onnx-build.ts';
import type { AttributeProto } from './onnx-proto.ts';

/** How a recurrent operator walks: as ONNX names it. */
export type Direction = 'forward' | 'reverse' | 'bidirectional';

/** What a recurrent operator writes. */
export interface Recurrence {
  /** h of every step [steps, directions, rows, H]. */
  readonly sequence: string;
  /** h after the last step [directions, rows, H]. */
  readonly last: string;
}

/** The graph of one network, in which all names begin with `prefix`. A kind of network builds its own from the parts that are here. */
export abstract class NetworkGraph {
  protected readonly graph: GraphBuilder;
  protected readonly config: ModelConfig;
  protected readonly prefix: string;
  readonly #parameters: Float32Array;
  readonly #views: ReadonlyMap<string, TensorView>;

  constructor(
    graph: GraphBuilder,
    config: ModelConfig,
    parameters: Float32Array,
    views: readonly TensorView[],
    prefix: string,
  ) {
    this.graph = graph;
    this.config = config;
    this.prefix = prefix;
    this.#parameters = parameters;
    this.#views = new Map(views.map((view) => [view.tensor, view]));
  }

  /** Returns the name of the network's logits. */
  abstract build(): string;

  /** The symbols as rows: of the embedding, or one-hot. */
  protected read(symbols: number): string {
    return this.config.embedding > 0 ? this.#embed(symbols) : this.#oneHot(symbols);
  }

  /** The layer over the symbols to choose from. */
  protected output(signal: string): string {
    const product = this.graph.node('MatMul', [signal, this.#outputMatrix()], [`${this.prefix}output.product`]);
    const bias = this.#floats('output.bias', [this.config.symbols], this.#values('output.bias'));
    return this.graph.node('Add', [product, bias], [`${this.prefix}logits`]);
  }

  #embed(symbols: number): string {
    const { embedding } = this.config;
    const table = this.#floats('embedding', [symbols, embedding], this.#values('embedding'));
    return this.graph.node('Gather', [table, 'symbols'], [`${this.prefix}embedded`]);
  }

  #oneHot(symbols: number): string {
    const depth = this.graph.integers('depth', [symbols]);
    const values = this.graph.initializers.some(({ name }) => name === 'offAndOn')
      ? 'offAndOn'
      : this.graph.floats('offAndOn', [2], Float32Array.of(0, 1));
    return this.graph.node('OneHot', ['symbols', depth, values], [`${this.prefix}oneHot`]);
  }

  /**
   * A recurrent operator over all steps.
   *
   * @param name of the layer: `layers.0`
   * @param states names of the states before the first step; zeros if there are none
   */
  protected recurrent(name: string, input: string, direction: Direction, states: readonly string[] = []): Recurrence {
    const { cell, hidden } = this.config;
    const parts = direction === 'bidirectional' ? [name, `${name}.reverse`] : [name];
    const width = CELL_KINDS[cell].gates.length * hidden;
    const inputs = this.#view(`${name}.input`).shape[0]!;
    const all = (values: (part: string) => Float32Array): Float32Array => joined(parts.map(values));
    const weights = [
      this.#floats(
        `${name}.W`,
        [parts.length, width, inputs],
        all((part) => this.#theirs(`${part}.input`)),
      ),
      this.#floats(
        `${name}.R`,
        [parts.length, width, hidden],
        all((part) => this.#theirs(`${part}.recurrent`)),
      ),
      this.#floats(
        `${name}.B`,
        [parts.length, 2 * width],
        all((part) => this.#biases(part)),
      ),
    ];
    const sequence = `${this.prefix}${name}.sequence`;
    const next = CELL_KINDS[cell].states.map((state) => `${this.prefix}${name}.${state}.next`);
    const inputsOfNode = [input, ...weights, ...(states.length > 0 ? ['', ...states] : [])];
    this.graph.node(cell.toUpperCase(), inputsOfNode, [sequence, ...next], this.#attributes(direction, parts.length));
    return { sequence, last: next[0]! };
  }

  /** tanh(W x + b) of a layer without recurrence. */
  protected dense(name: string, input: string): string {
    const [weight, bias] = [`${name}.weight`, `${name}.bias`].map((tensor) =>
      this.#floats(tensor, this.#view(tensor).shape, this.#values(tensor)),
    );
    const product = this.graph.node('MatMul', [input, weight!], [`${this.prefix}${name}.product`]);
    const sum = this.graph.node('Add', [product, bias!], [`${this.prefix}${name}.sum`]);
    return this.graph.node('Tanh', [sum], [`${this.prefix}${name}.output`]);
  }

  #attributes(direction: Direction, directions: number): AttributeProto[] {
    const { cell, hidden, activation, reset } = this.config;
    const each = <T>(value: T): T[] => Array<T>(directions).fill(value);
    const attributes = [attribute('hidden_size', { integer: hidden })];
    if (direction !== 'forward') attributes.push(attribute('direction', { text: direction }));
    if (cell === 'rnn') attributes.push(attribute('activations', { texts: each(ACTIVATIONS[activation]) }));
    // Affine computes αx + β.
    if (cell === 'rnn' && activation === 'linear') {
      attributes.push(attribute('activation_alpha', { floats: each(1) }));
      attributes.push(attribute('activation_beta', { floats: each(0) }));
    }
    if (cell === 'gru') attributes.push(attribute('linear_before_reset', { integer: reset === 'after' ? 1 : 0 }));
    return attributes;
  }

  #outputMatrix(): string {
    const weight = this.#views.get('output.weight');
    if (weight) return this.#floats('output.weight', weight.shape, this.#values('output.weight'));
    return this.graph.node(
      'Transpose',
      [`${this.prefix}embedding`],
      [`${this.prefix}output.weight`],
      [attribute('perm', { integers: [1, 0] })],
    );
  }

  /** The layer's b and, where there is one, b' in the half that is inside the reset. */
  #biases(layer: string): Float32Array {
    const { cell, hidden } = this.config;
    const { gates } = CELL_KINDS[cell];
    const width = gates.length * hidden;
    const biases = new Float32Array(2 * width);
    biases.set(this.#theirs(`${layer}.bias`));
    const recurrent = this.#views.get(`${layer}.recurrent_bias`);
    if (!recurrent) return biases;
    const inner = new Float32Array(width);
    inner.set(this.#values(recurrent.tensor), width - recurrent.size); // the candidate n is the last gate
    biases.set(toTheirs(inner, gates, hidden, layoutOf('ONNX', cell)), width);
    return biases;
  }

  #theirs(tensor: string): Float32Array {
    const { cell, hidden } = this.config;
    return toTheirs(this.#values(tensor), this.#view(tensor).gates ?? [], hidden, layoutOf('ONNX', cell));
  }

  #floats(tensor: string, shape: readonly number[], values: Float32Array): string {
    return this.graph.floats(this.prefix + tensor, shape, values);
  }

  #values(tensor: string): Float32Array {
    const { offset, size } = this.#view(tensor);
    return this.#parameters.subarray(offset, offset + size);
  }

  #view(tensor: string): TensorView {
    const view = this.#views.get(tensor);
    if (view) return view;
    throw new RangeError(`no tensor is called ${tensor}`);
  }
}

/** ONNX's names of the activations. */
const ACTIVATIONS = { tanh: 'Tanh', logistic: 'Sigmoid', relu: 'Relu', linear: 'Affine' } as const;

function joined(parts: readonly Float32Array[]): Float32Array {
  const [only] = parts;
  if (parts.length === 1) return only!;
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}
