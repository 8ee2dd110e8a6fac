import { UserError } from '../errors.ts';
import { CELL_KINDS } from '../nn/cells/index.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import type { ModelConfig } from '../nn/config.ts';
import { Manifest } from '../nn/manifest.ts';
import type { TensorView } from '../nn/parameters.ts';
import { layoutOf, toTheirs } from './layout.ts';
import { writeMetadata } from './metadata.ts';
import { floatBytes } from './numbers.ts';
import { type AttributeProto, DATA_TYPES, type NodeProto, type TensorProto, type ValueProto } from './onnx-proto.ts';
import { writeModelProto } from './onnx-write.ts';

/** The version of ONNX's operators and of its files: ONNX Runtime reads both since 1.12, of July 2022. */
const OPERATORS = 17;
const FORMAT = 8;

/** protobuf's own bound on a message. */
const LARGEST_BYTES = 2_000_000_000;

/** Names of dimensions that are free. */
const STEPS = 'steps';
const ROWS = 'rows';

/**
 * A model as ONNX: one graph that reads any number of steps, one or a whole sequence, for any number of texts side by side.
 *
 * - input `symbols` int64 [steps, rows]: ids of symbols; input `layers.l.h` (and `layers.l.c` of an LSTM) [1, rows, H] of each layer: the state
 *   before the first step, zeros at the start of a text;
 * - output `logits` [steps, rows, V], and `layers.l.h.next` (and `.c.next`) [1, rows, H]: the state after the last step.
 *
 * An ensemble's states have `members.m.` before their names. Its `logits` are log p̄, logarithms of the mean of the members' probabilities.
 *
 * The initializers are this program's tensors in ONNX's layout: W [1, G·H, D], R [1, G·H, H] and B [1, 2·G·H].
 */
export function toOnnx({ model, vocabulary, run, parameters }: Checkpoint): Uint8Array {
  const manifest = new Manifest(model);
  if (4 * manifest.size > LARGEST_BYTES) {
    throw new UserError(
      `the model has ${manifest.size} parameters; an ONNX file holds at most ${LARGEST_BYTES / 4}: export it as safetensors`,
    );
  }
  const graph = new GraphBuilder();
  graph.inputs.push({ name: 'symbols', type: DATA_TYPES.int64, shape: [STEPS, ROWS] });
  graph.outputs.push({ name: 'logits', type: DATA_TYPES.float32, shape: [STEPS, ROWS, model.symbols] });
  const members = Array.from({ length: model.members }, (_, member) => {
    const prefix = model.members > 1 ? `members.${member}.` : '';
    return new MemberGraph(graph, model, parameters, manifest.ofMember(member), prefix).build();
  });
  addMean(graph, members);
  return writeModelProto({
    format: FORMAT,
    operators: OPERATORS,
    producer: 'charnn',
    graph: {
      name: 'charnn',
      nodes: graph.nodes,
      initializers: graph.initializers,
      inputs: graph.inputs,
      outputs: graph.outputs,
    },
    metadata: writeMetadata({ model, vocabulary, run }),
  });
}

/** Collects what a graph is made of. */
class GraphBuilder {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly inputs: ValueProto[] = [];
  readonly outputs: ValueProto[] = [];

  /** Adds an operator, which is called as its first output, and returns that name. */
  node(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: readonly AttributeProto[] = [],
  ): string {
    this.nodes.push({ name: outputs[0]!, operator, domain: '', inputs, outputs, attributes });
    return outputs[0]!;
  }

  floats(name: string, shape: readonly number[], values: Float32Array): string {
    const tensor = { name, shape, type: DATA_TYPES.float32, data: [floatBytes(values)], integers: [], external: false };
    this.initializers.push(tensor);
    return name;
  }

  integers(name: string, values: readonly number[], shape: readonly number[] = [values.length]): string {
    if (this.initializers.some((each) => each.name === name)) return name;
    this.initializers.push({ name, shape, type: DATA_TYPES.int64, data: [], integers: values, external: false });
    return name;
  }
}

function attribute(name: string, value: Partial<AttributeProto>): AttributeProto {
  return { name, floats: [], integers: [], texts: [], ...value };
}

/** The graph of one network, in which all names begin with `prefix`. */
class MemberGraph {
  readonly #graph: GraphBuilder;
  readonly #config: ModelConfig;
  readonly #prefix: string;
  readonly #parameters: Float32Array;
  readonly #views: ReadonlyMap<string, TensorView>;

  constructor(
    graph: GraphBuilder,
    config: ModelConfig,
    parameters: Float32Array,
    views: readonly TensorView[],
    prefix: string,
  ) {
    this.#graph = graph;
    this.#config = config;
    this.#prefix = prefix;
    this.#parameters = parameters;
    this.#views = new Map(views.map((view) => [view.tensor, view]));
  }

  /** Returns the name of the network's logits. */
  build(): string {
    const { layers, embedding } = this.#config;
    let signal = embedding > 0 ? this.#embed() : this.#oneHot();
    for (let layer = 0; layer < layers; layer++) signal = this.#layer(layer, signal);
    const product = this.#graph.node('MatMul', [signal, this.#outputMatrix()], [`${this.#prefix}output.product`]);
    const bias = this.#floats('output.bias', [this.#config.symbols], this.#values('output.bias'));
    const logits = this.#prefix === '' ? 'logits' : `${this.#prefix}logits`;
    return this.#graph.node('Add', [product, bias], [logits]);
  }

  #embed(): string {
    const { symbols, embedding } = this.#config;
    const table = this.#floats('embedding', [symbols, embedding], this.#values('embedding'));
    return this.#graph.node('Gather', [table, 'symbols'], [`${this.#prefix}embedded`]);
  }

  #oneHot(): string {
    const depth = this.#graph.integers('depth', [this.#config.symbols]);
    const values = this.#graph.initializers.some(({ name }) => name === 'offAndOn')
      ? 'offAndOn'
      : this.#graph.floats('offAndOn', [2], Float32Array.of(0, 1));
    return this.#graph.node('OneHot', ['symbols', depth, values], [`${this.#prefix}oneHot`]);
  }

  #layer(layer: number, input: string): string {
    const { cell, hidden, activation, reset } = this.#config;
    const name = `layers.${layer}`;
    const width = CELL_KINDS[cell].gates.length * hidden;
    const inputs = this.#view(`${name}.input`).shape[0]!;
    const weights = [
      this.#floats(`${name}.W`, [1, width, inputs], this.#theirs(`${name}.input`)),
      this.#floats(`${name}.R`, [1, width, hidden], this.#theirs(`${name}.recurrent`)),
      this.#floats(`${name}.B`, [1, 2 * width], this.#biases(name)),
    ];
    const states = CELL_KINDS[cell].states.map((state) => this.#state(`${this.#prefix}${name}.${state}`));
    const all = `${this.#prefix}${name}.sequence`;
    const attributes = [attribute('hidden_size', { integer: hidden })];
    if (cell === 'rnn') attributes.push(attribute('activations', { texts: [ACTIVATIONS[activation]] }));
    // Affine computes αx + β.
    if (cell === 'rnn' && activation === 'linear') {
      attributes.push(attribute('activation_alpha', { floats: [1] }), attribute('activation_beta', { floats: [0] }));
    }
    if (cell === 'gru') attributes.push(attribute('linear_before_reset', { integer: reset === 'after' ? 1 : 0 }));
    const outputs = [all, ...states.map((state) => `${state}.next`)];
    this.#graph.node(cell.toUpperCase(), [input, ...weights, '', ...states], outputs, attributes);
    // [steps, directions, rows, H] without the one direction.
    const axis = this.#graph.integers('directionAxis', [1]);
    return this.#graph.node('Squeeze', [all, axis], [`${this.#prefix}${name}.output`]);
  }

  #state(name: string): string {
    const value = { type: DATA_TYPES.float32, shape: [1, ROWS, this.#config.hidden] };
    this.#graph.inputs.push({ name, ...value });
    this.#graph.outputs.push({ name: `${name}.next`, ...value });
    return name;
  }

  #outputMatrix(): string {
    const { hidden, symbols } = this.#config;
    if (this.#views.has('output.weight'))
      return this.#floats('output.weight', [hidden, symbols], this.#values('output.weight'));
    return this.#graph.node(
      'Transpose',
      [`${this.#prefix}embedding`],
      [`${this.#prefix}output.weight`],
      [attribute('perm', { integers: [1, 0] })],
    );
  }

  /** The layer's b and, where there is one, b' in the half that is inside the reset. */
  #biases(layer: string): Float32Array {
    const { cell, hidden } = this.#config;
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
    const { cell, hidden } = this.#config;
    return toTheirs(this.#values(tensor), this.#view(tensor).gates ?? [], hidden, layoutOf('ONNX', cell));
  }

  #floats(tensor: string, shape: readonly number[], values: Float32Array): string {
    return this.#graph.floats(this.#prefix + tensor, shape, values);
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

/** An ensemble's log p̄. */
function addMean(graph: GraphBuilder, members: readonly string[]): void {
  if (members.length === 1) return;
  const axis = attribute('axis', { integer: -1 });
  const probabilities = members.map((logits, member) =>
    graph.node('Softmax', [logits], [`members.${member}.probabilities`], [axis]),
  );
  const mean = graph.node('Mean', probabilities, ['probabilities']);
  graph.node('Log', [mean], ['logits']);
}
