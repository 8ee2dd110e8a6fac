import { CELL_KINDS } from '../nn/cells/index.ts';
import type { ModelConfig } from '../nn/config.ts';
import type { TensorView } from '../nn/parameters.ts';
import { layoutOf, ONNX_ACTIVATIONS } from './layout.ts';
import { attribute, type GraphBuilder } from './onnx-build.ts';
import { ROWS } from './onnx-dimensions.ts';
import type { AttributeProto } from './onnx-proto.ts';

/** How a recurrent operator walks: as ONNX names it. */
export type Direction = 'forward' | 'reverse' | 'bidirectional';

/** What a recurrent operator writes. */
export interface Recurrence {
  /** h of every step [steps, directions, rows, H]. */
  readonly sequence: string;
  /** h, and c of an LSTM, after the last step: each [directions, rows, H]. */
  readonly lasts: readonly string[];
}

/** The graph of one network, in which all names begin with `prefix`. A kind of network builds its own from the parts that are here. */
export abstract class NetworkGraph {
  protected readonly graph: GraphBuilder;
  protected readonly config: ModelConfig;
  protected readonly prefix: string;
  readonly #views: ReadonlyMap<string, TensorView>;

  constructor(graph: GraphBuilder, config: ModelConfig, views: readonly TensorView[], prefix: string) {
    this.graph = graph;
    this.config = config;
    this.prefix = prefix;
    this.#views = new Map(views.map((view) => [view.tensor, view]));
  }

  /** The input `symbols` as rows: of the table `embedding`, or one-hot. */
  protected read(symbols: number, embedding = 'embedding'): string {
    if (this.config.embedding === 0) return this.#oneHot(symbols);
    return this.graph.node('Gather', [this.weight(embedding), 'symbols'], [`${this.prefix}embedded`]);
  }

  /** The layer over the symbols to choose from. */
  protected output(signal: string): string {
    const product = this.graph.node('MatMul', [signal, this.#outputMatrix()], [`${this.prefix}output.product`]);
    return this.graph.node('Add', [product, this.weight('output.bias')], [`${this.prefix}logits`]);
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
    const weights = [
      this.#packed(`${name}.W`, [parts.length, width, inputs], (at) => [[0, `${parts[at]}.input`]]),
      this.#packed(`${name}.R`, [parts.length, width, hidden], (at) => [[0, `${parts[at]}.recurrent`]]),
      this.#packed(`${name}.B`, [parts.length, 2 * width], (at) => this.#biases(parts[at]!, width)),
    ];
    const sequence = `${this.prefix}${name}.sequence`;
    const lasts = CELL_KINDS[cell].states.map((state) => `${this.prefix}${name}.${state}.next`);
    const inputsOfNode = [input, ...weights, ...(states.length > 0 ? ['', ...states] : [])];
    this.graph.node(cell.toUpperCase(), inputsOfNode, [sequence, ...lasts], this.#attributes(direction, parts.length));
    return { sequence, lasts };
  }

  /** A layer over steps that may be read one at a time: the graph has its state before the first step as inputs, and after the last as outputs. */
  protected stepped(layer: number, input: string): string {
    const name = `layers.${layer}`;
    const states = CELL_KINDS[this.config.cell].states.map((state) => `${this.prefix}${name}.${state}`);
    for (const state of states) this.graph.input(state, [1, ROWS, this.config.hidden]);
    const { sequence, lasts } = this.recurrent(name, input, 'forward', states);
    for (const last of lasts) this.graph.output(last, [1, ROWS, this.config.hidden]);
    // [steps, directions, rows, H] without the one direction.
    const axis = this.graph.integers('directionAxis', [1]);
    return this.graph.node('Squeeze', [sequence, axis], [`${this.prefix}${name}.output`]);
  }

  /** W x + b of a layer without recurrence; W x where it has no bias. */
  protected linear(name: string, input: string): string {
    const weight = this.weight(`${name}.weight`);
    const product = this.graph.node('MatMul', [input, weight], [`${this.prefix}${name}.product`]);
    if (!this.has(`${name}.bias`)) return product;
    return this.graph.node('Add', [product, this.weight(`${name}.bias`)], [`${this.prefix}${name}.sum`]);
  }

  /** tanh(W x + b) of a layer without recurrence. */
  protected dense(name: string, input: string): string {
    return this.graph.node('Tanh', [this.linear(name, input)], [`${this.prefix}${name}.output`]);
  }

  /** Signals side by side. */
  protected concatenated(name: string, signals: readonly string[]): string {
    const [only] = signals;
    if (signals.length === 1) return only!;
    return this.graph.node('Concat', signals, [this.prefix + name], [attribute('axis', { integer: -1 })]);
  }

  /** The value with its dimensions in another order. */
  protected transposed(name: string, value: string, order: readonly number[]): string {
    return this.graph.node('Transpose', [value], [this.prefix + name], [attribute('perm', { integers: order })]);
  }

  /** The value with a new dimension of length 1 at `axis`. */
  protected unsqueezed(name: string, value: string, axis: number): string {
    return this.graph.node('Unsqueeze', [value, this.graph.integers(`axis${axis}`, [axis])], [this.prefix + name]);
  }

  /** A tensor of the network, as it is. */
  protected weight(tensor: string): string {
    const view = this.#view(tensor);
    return this.graph.weight({ name: this.prefix + tensor, shape: view.shape, parts: [{ start: 0, view }] });
  }

  /** Whether the network has a tensor. */
  protected has(tensor: string): boolean {
    return this.#views.has(tensor);
  }

  #oneHot(symbols: number): string {
    const depth = this.graph.integers('depth', [symbols]);
    const values = this.graph.floats('offAndOn', Float32Array.of(0, 1));
    return this.graph.node('OneHot', ['symbols', depth, values], [`${this.prefix}oneHot`]);
  }

  #attributes(direction: Direction, directions: number): AttributeProto[] {
    const { cell, hidden, activation, reset } = this.config;
    const each = <T>(value: T): T[] => Array<T>(directions).fill(value);
    const attributes = [attribute('hidden_size', { integer: hidden })];
    if (direction !== 'forward') attributes.push(attribute('direction', { text: direction }));
    if (cell === 'rnn') attributes.push(attribute('activations', { texts: each(ONNX_ACTIVATIONS[activation]) }));
    // Affine computes αx + β.
    if (cell === 'rnn' && activation === 'linear') {
      attributes.push(attribute('activation_alpha', { floats: each(1) }));
      attributes.push(attribute('activation_beta', { floats: each(0) }));
    }
    if (cell === 'gru') attributes.push(attribute('linear_before_reset', { integer: reset === 'after' ? 1 : 0 }));
    return attributes;
  }

  #outputMatrix(): string {
    if (this.has('output.weight')) return this.weight('output.weight');
    return this.transposed('output.weight', `${this.prefix}embedding`, [1, 0]);
  }

  /** The layer's b and, where there is one, b' in the half that is inside the reset: in the place of the gates that it is of. */
  #biases(layer: string, width: number): [number, string][] {
    const { cell, hidden } = this.config;
    const biases: [number, string][] = [[0, `${layer}.bias`]];
    const recurrent = this.#views.get(`${layer}.recurrent_bias`);
    if (!recurrent) return biases;
    const before = layoutOf('ONNX', cell).order.indexOf(recurrent.gates![0]!.name);
    return [...biases, [width + before * hidden, recurrent.tensor]];
  }

  /**
   * A tensor with the tensors of one direction after those of the other.
   *
   * @param of the tensors of a direction, and where in the direction's numbers each begins
   */
  #packed(name: string, shape: readonly number[], of: (direction: number) => (readonly [number, string])[]): string {
    const [directions = 1, ...rest] = shape;
    const size = rest.reduce((product, length) => product * length, 1);
    const parts = Array.from({ length: directions }, (_, at) =>
      of(at).map(([start, tensor]) => ({ start: at * size + start, view: this.#view(tensor) })),
    );
    return this.graph.weight({ name: this.prefix + name, shape, parts: parts.flat() });
  }

  #view(tensor: string): TensorView {
    const view = this.#views.get(tensor);
    if (view) return view;
    throw new RangeError(`no tensor is called ${tensor}`);
  }
}
