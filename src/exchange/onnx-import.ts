import { CELL_KINDS, type CellName } from '../nn/cells/index.ts';
import type { Activation, Reset } from '../nn/cells/options.ts';
import { type ModelConfig, modelSchema } from '../nn/config.ts';
import { Manifest } from '../nn/manifest.ts';
import type { ForeignModel } from './foreign-model.ts';
import { LAYOUTS, toOurs, transposed } from './layout.ts';
import { readMetadata } from './metadata.ts';
import { attributeOf, type Constant, Graph, type Made } from './onnx-graph.ts';
import type { NodeProto } from './onnx-proto.ts';
import { readModelProto } from './onnx-read.ts';

/**
 * Reads a language model from an ONNX file: a chain of Gather or OneHot, then RNN, GRU or LSTM operators, then MatMul or Gemm, and a bias. Operators
 * that change nothing but the shape may stand between. The chain's end is the output called `logits`, else the first one. An ensemble ends in
 * Log(Mean(Softmax(…), …)).
 *
 * It goes by the graph and by nothing else: names and metadata of this program give the vocabulary and the run, no numbers. UserError that says
 * what was found where a model is none of these.
 */
export function readOnnx(bytes: Uint8Array, name: string): ForeignModel {
  const file = readModelProto(bytes, name);
  const graph = new Graph(file.graph, name);
  const end = graph.outputs.includes('logits') ? 'logits' : graph.outputs[0];
  if (end === undefined) throw graph.wrong('its graph has no output');
  const members = memberEnds(graph, end).map((each) => readMember(graph, each));
  const [first] = members;
  const other = members.findIndex(({ sizes }) => JSON.stringify(sizes) !== JSON.stringify(first!.sizes));
  if (other >= 0) throw graph.wrong(`its member ${other} is of another size than its member 0; all must be alike`);
  const config = configOf(graph, first!.sizes, members.length);
  const manifest = new Manifest(config);
  const parameters = new Float32Array(manifest.size);
  for (const [member, { tensors }] of members.entries()) {
    for (const { name: key, tensor, offset, size } of manifest.ofMember(member)) {
      const values = tensors.get(tensor);
      if (values?.length !== size)
        throw graph.wrong(
          `it has ${values?.length ?? 0} numbers for ${key}, where ${size} go with the tensors beside it`,
        );
      parameters.set(values, offset);
    }
  }
  const metadata = readMetadata(file.metadata, name);
  if (metadata && JSON.stringify(sorted(metadata.model)) !== JSON.stringify(sorted(config))) {
    throw graph.wrong('its graph is not the model that its metadata describes; export the model again');
  }
  return { config, parameters, metadata, notes: graph.notes };
}

function sorted(config: ModelConfig): readonly unknown[] {
  // What a cell does not use, a graph does not tell.
  const { activation, reset, ...rest } = config;
  const used = {
    ...rest,
    ...(config.cell === 'rnn' ? { activation } : {}),
    ...(config.cell === 'gru' ? { reset } : {}),
  };
  return Object.entries(used).sort(([a], [b]) => (a < b ? -1 : 1));
}

interface Sizes {
  readonly cell: CellName;
  readonly activation: Activation;
  readonly reset: Reset;
  readonly hidden: number;
  readonly layers: number;
  readonly embedding: number;
  readonly tied: boolean;
  readonly symbols: number;
}

interface Member {
  readonly sizes: Sizes;
  /** Of one network, by this program's names. */
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

/** Operators that change nothing but a value's shape, or nothing at all when a model is used. */
const PASSED: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'Dropout',
  'Squeeze',
  'Unsqueeze',
  'Reshape',
  'Flatten',
  'Transpose',
]);

/** The operator that makes a value, past those that change its shape alone. The first input of each is what it changes. */
function source(graph: Graph, value: string): { made: Made | undefined; value: string } {
  let at = value;
  for (const seen = new Set<string>(); !seen.has(at); ) {
    seen.add(at);
    const made = graph.made(at);
    if (!made || !PASSED.has(made.node.operator)) return { made, value: at };
    requireLastStays(graph, made.node);
    at = made.node.inputs[0] ?? '';
  }
  throw graph.wrong(`the value ${value} is made from itself`);
}

/** A transposition may exchange time and batch. The numbers of a symbol, the last dimension, must stay together. */
function requireLastStays(graph: Graph, node: NodeProto): void {
  if (node.operator !== 'Transpose') return;
  const order = attributeOf(node, 'perm')?.integers ?? [];
  if (order.at(-1) === order.length - 1) return;
  throw graph.wrong(
    `the operator Transpose has perm = ${order.join(', ') || 'none'}; it may exchange time and batch alone`,
  );
}

/** The ends of the members' chains, before what makes one of several. A single model's Softmax is passed: its logits are what is wanted. */
function memberEnds(graph: Graph, end: string): readonly string[] {
  const { made } = source(graph, end);
  const operator = made?.node.operator;
  if (operator === 'Log' || operator === 'Softmax' || operator === 'LogSoftmax') {
    const inner = source(graph, made!.node.inputs[0] ?? '');
    if (operator !== 'Log') return [inner.value];
    if (inner.made?.node.operator === 'Softmax') return [inner.made.node.inputs[0] ?? ''];
    if (inner.made?.node.operator === 'Mean') return meanOf(graph, inner.made.node);
    throw graph.wrong(`the operator Log reads ${graph.shown(inner.value)}; it can read Softmax, or Mean of several`);
  }
  return operator === 'Mean' ? meanOf(graph, made!.node) : [end];
}

function meanOf(graph: Graph, { inputs }: NodeProto): readonly string[] {
  return inputs.map((input) => {
    const { made, value } = source(graph, input);
    if (made?.node.operator === 'Softmax') return made.node.inputs[0] ?? '';
    throw graph.wrong(`the operator Mean reads ${graph.shown(value)}; an ensemble is the mean of Softmax`);
  });
}

function readMember(graph: Graph, end: string): Member {
  const tensors = new Map<string, Float32Array>();
  const output = readOutput(graph, end);
  const layers: Layer[] = [];
  let { made, value } = source(graph, output.input);
  while (made && isRecurrent(made.node)) {
    // The lower layers hand on their whole sequence; the top one may hand on its last state alone.
    if (made.output > (layers.length === 0 ? 1 : 0))
      throw graph.wrong(
        `the operator ${made.node.operator} hands on its output ${made.output}; only the sequence is read`,
      );
    layers.unshift(readLayer(graph, made.node));
    ({ made, value } = source(graph, made.node.inputs[0] ?? ''));
    if (layers.length > MOST_LAYERS) throw graph.wrong(`it has more than ${MOST_LAYERS} recurrent layers`);
  }
  const [bottom] = layers;
  if (!bottom)
    throw graph.wrong(`the output layer reads ${graph.shown(value)}; it should read an RNN, a GRU or an LSTM`);
  const odd = layers.find((layer) => layer.kind !== bottom.kind);
  if (odd) throw graph.wrong(`its layers differ: ${bottom.kind} and ${odd.kind}; all must be alike`);
  for (const [index, layer] of layers.entries()) {
    if (index > 0 && layer.inputs !== layer.hidden)
      throw graph.wrong(`layer ${index} reads ${layer.inputs} numbers, but the layer below has ${layer.hidden} units`);
    for (const [part, values] of layer.tensors) tensors.set(`layers.${index}.${part}`, values);
  }
  const { cell, hidden, activation, reset, inputs } = bottom;
  const symbols = output.bias.length;
  const table = readSymbols(graph, made, value, inputs, symbols);
  const tied = table !== undefined && inputs === hidden && isTransposed(output.weight, table, symbols);
  if (table) tensors.set('embedding', table);
  if (!tied) tensors.set('output.weight', output.weight);
  tensors.set('output.bias', output.bias);
  if (output.weight.length !== hidden * symbols)
    throw graph.wrong(
      `the output layer has ${output.weight.length} weights, where ${hidden} units and ${symbols} symbols need ${hidden * symbols}`,
    );
  const sizes = {
    cell,
    activation,
    reset,
    hidden,
    layers: layers.length,
    embedding: table ? inputs : 0,
    tied,
    symbols,
  };
  return { sizes, tensors };
}

/** As many as a model may have. */
const MOST_LAYERS = 64;

/** y = x W + b, as a MatMul and an Add, or as a Gemm. W is [H, V]. */
function readOutput(graph: Graph, end: string): { input: string; weight: Float32Array; bias: Float32Array } {
  const { made, value } = source(graph, end);
  if (made?.node.operator === 'Gemm') return readGemm(graph, made.node);
  if (made?.node.operator === 'Add') {
    const [first = '', second = ''] = made.node.inputs;
    const [bias, product] =
      [graph.constant(first), graph.constant(second)]
        .map((each, at) => (each ? ([each, at === 0 ? second : first] as const) : undefined))
        .find((pair) => pair) ?? [];
    if (!bias || product === undefined)
      throw graph.wrong('the last operator Add adds no bias: none of what it adds is a tensor of the file');
    return { ...readProduct(graph, product, bias.values.length), bias: bias.values };
  }
  if (made?.node.operator === 'MatMul') {
    const product = readProduct(graph, value, undefined);
    return { ...product, bias: new Float32Array(product.symbols) };
  }
  throw graph.wrong(
    `its output is made by ${graph.shown(value)}; it should be made by MatMul, by Add or by Gemm: an output layer`,
  );
}

function readProduct(
  graph: Graph,
  value: string,
  symbols: number | undefined,
): { input: string; weight: Float32Array; symbols: number } {
  const { made, value: at } = source(graph, value);
  if (made?.node.operator !== 'MatMul')
    throw graph.wrong(`the output layer’s bias is added to ${graph.shown(at)}; it should be added to a MatMul`);
  const [input = '', matrix = ''] = made.node.inputs;
  const weight = matrixOf(graph, matrix, 'MatMul');
  const [, columns = 0] = weight.shape;
  if (symbols !== undefined && columns !== symbols)
    throw graph.wrong(`the output layer’s matrix has ${columns} columns, its bias ${symbols}`);
  return { input, weight: weight.values, symbols: columns };
}

function readGemm(graph: Graph, node: NodeProto): { input: string; weight: Float32Array; bias: Float32Array } {
  const [input = '', matrix = '', added = ''] = node.inputs;
  for (const factor of ['alpha', 'beta']) {
    const value = attributeOf(node, factor)?.float ?? 1;
    if (value !== 1) throw graph.wrong(`the operator Gemm has ${factor} = ${value}; only 1 can be imported`);
  }
  if (attributeOf(node, 'transA')?.integer)
    throw graph.wrong('the operator Gemm has transA = 1; only 0 can be imported');
  const { shape, values } = matrixOf(graph, matrix, 'Gemm');
  const isTransposed = Boolean(attributeOf(node, 'transB')?.integer);
  const symbols = shape[isTransposed ? 0 : 1]!;
  const weight = isTransposed ? transposed(values, shape[1]!) : values;
  const bias = added === '' ? new Float32Array(symbols) : graph.constant(added)?.values;
  if (bias?.length !== symbols)
    throw graph.wrong(`the operator Gemm has a bias of ${bias?.length ?? 0} numbers for ${symbols} symbols`);
  return { input, weight, bias };
}

function matrixOf(graph: Graph, value: string, operator: string): Constant {
  const constant = graph.constant(value);
  if (constant?.shape.length === 2) return constant;
  throw graph.wrong(
    `the operator ${operator} multiplies by ${graph.shown(value)}; it should multiply by a matrix of the file`,
  );
}

function isRecurrent({ operator }: NodeProto): boolean {
  return operator in OPERATORS;
}

const OPERATORS: Readonly<Record<string, CellName>> = { RNN: 'rnn', GRU: 'gru', LSTM: 'lstm' };

interface Layer {
  readonly cell: CellName;
  readonly activation: Activation;
  readonly reset: Reset;
  readonly hidden: number;
  /** D. */
  readonly inputs: number;
  /** What must be the same in all layers. */
  readonly kind: string;
  /** By this program's names, without the layer's. */
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

/** Attributes that change what a cell computes, and have no counterpart here. */
const REFUSED: Readonly<Record<string, string>> = {
  clip: 'it clips its activations',
  activation_alpha: 'its activations have factors',
  activation_beta: 'its activations have factors',
  input_forget: 'its forget gate is tied to its input gate',
};

function readLayer(graph: Graph, node: NodeProto): Layer {
  const cell = OPERATORS[node.operator]!;
  requirePlain(graph, node);
  const { activation, reset } = choices(graph, node, cell);
  const [, weight, recurrent, biases = '', lengths = '', h = '', c = '', peepholes = ''] = node.inputs;
  if (lengths !== '')
    throw graph.wrong(
      `the operator ${node.operator} reads the lengths of its sequences; only whole sequences can be imported`,
    );
  if (peepholes !== '')
    throw graph.wrong(`the operator ${node.operator} has peepholes, which this program’s LSTM does not have`);
  if (![h, c].every((state) => graph.isZeroOrGiven(state))) {
    throw graph.wrong(
      `the operator ${node.operator} starts from a state that the file holds; this program starts from zeros`,
    );
  }
  const R = flat(graph, node, recurrent, 2);
  const W = flat(graph, node, weight, 2);
  const hidden = R.shape[1]!;
  const inputs = W.shape[1]!;
  const { gates } = CELL_KINDS[cell];
  const width = gates.length * hidden;
  if (R.shape[0] !== width || W.shape[0] !== width) {
    throw graph.wrong(
      `the operator ${node.operator} has weights [${W.shape.join(', ')}] and [${R.shape.join(', ')}]; they should be [${gates.length} · H, D] and [${gates.length} · H, H]`,
    );
  }
  const layout = LAYOUTS.onnx[cell];
  const both = biases === '' ? new Float32Array(2 * width) : flat(graph, node, biases, 1).values;
  if (both.length !== 2 * width)
    throw graph.wrong(`the operator ${node.operator} has ${both.length} biases; ${hidden} units need ${2 * width}`);
  const [first, second] = [both.subarray(0, width), both.subarray(width)].map((values) =>
    toOurs(values, gates, hidden, layout),
  ) as [Float32Array, Float32Array];
  // The recurrent bias of the candidate n, the last gate, stays inside the reset.
  const summed = cell === 'gru' && reset === 'after' ? width - hidden : width;
  // Adding 0 would turn −0 into 0.
  for (let j = 0; j < summed; j++) if (second[j] !== 0) first[j]! += second[j]!;
  const tensors = new Map([
    ['input', toOurs(W.values, gates, hidden, layout)],
    ['recurrent', toOurs(R.values, gates, hidden, layout)],
    ['bias', first],
  ]);
  if (summed < width) tensors.set('recurrent_bias', second.subarray(summed));
  return {
    cell,
    activation,
    reset,
    hidden,
    inputs,
    kind: `${cell} of ${hidden} units, ${activation}, reset ${reset}`,
    tensors,
  };
}

function requirePlain(graph: Graph, node: NodeProto): void {
  const direction = attributeOf(node, 'direction')?.text ?? 'forward';
  if (direction !== 'forward')
    throw graph.wrong(`the operator ${node.operator} has the direction ${direction}; a language model reads forward`);
  const layout = attributeOf(node, 'layout')?.integer ?? 0;
  if (layout !== 0)
    throw graph.wrong(
      `the operator ${node.operator} has layout = ${layout}; only 0 (time first) can be imported, and ONNX Runtime reads no other`,
    );
  for (const [name, why] of Object.entries(REFUSED)) {
    const attribute = attributeOf(node, name);
    if (attribute && !(name === 'input_forget' && attribute.integer === 0))
      throw graph.wrong(`the operator ${node.operator} has ${name}: ${why}`);
  }
}

/** ONNX's names of activations, in lower case: they do not depend on it. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = { tanh: 'tanh', sigmoid: 'logistic', relu: 'relu' };

/** The activations of a cell that has no choice. */
const FIXED: Readonly<Record<CellName, readonly string[]>> = {
  rnn: ['tanh'],
  gru: ['sigmoid', 'tanh'],
  lstm: ['sigmoid', 'tanh', 'tanh'],
};

function choices(graph: Graph, node: NodeProto, cell: CellName): { activation: Activation; reset: Reset } {
  const given = attributeOf(node, 'activations')?.texts.map((each) => each.toLowerCase());
  const names = given && given.length > 0 ? given : FIXED[cell];
  const reset = attributeOf(node, 'linear_before_reset')?.integer ? 'after' : 'before';
  const activation =
    cell === 'rnn' && names.length === 1 && Object.hasOwn(ACTIVATIONS, names[0]!) ? ACTIVATIONS[names[0]!] : undefined;
  if (activation) return { activation, reset };
  if (cell === 'rnn' || names.join() !== FIXED[cell].join()) {
    throw graph.wrong(
      `the operator ${node.operator} has the activations ${names.join(', ')}; it should have ${cell === 'rnn' ? 'tanh, sigmoid or relu' : FIXED[cell].join(', ')}`,
    );
  }
  return { activation: 'tanh', reset };
}

/** A tensor of one direction, without that dimension: [1, …] as […]. */
function flat(graph: Graph, node: NodeProto, value: string | undefined, rank: number): Constant {
  const constant = graph.constant(value ?? '');
  if (!constant)
    throw graph.wrong(
      `the operator ${node.operator} reads its weights from ${graph.shown(value ?? '')}; they should be tensors of the file`,
    );
  const { shape, values } = constant;
  const inner = shape.length === rank + 1 && shape[0] === 1 ? shape.slice(1) : shape;
  if (inner.length === rank && inner.every((length) => length > 0)) return { shape: inner, values };
  throw graph.wrong(
    `the operator ${node.operator} has weights of the shape [${shape.join(', ')}], which is not that of one direction`,
  );
}

/** What the lowest layer reads: the table of an embedding, or undefined for one-hot symbols. */
function readSymbols(
  graph: Graph,
  made: Made | undefined,
  value: string,
  inputs: number,
  symbols: number,
): Float32Array | undefined {
  const oneHot = made?.node.operator === 'OneHot';
  const given = !made && graph.inputs.has(value);
  if (oneHot || given) {
    if (inputs !== symbols)
      throw graph.wrong(
        `the lowest layer reads ${inputs} numbers, but there are ${symbols} symbols; without an embedding they should be as many`,
      );
    return undefined;
  }
  if (made?.node.operator !== 'Gather')
    throw graph.wrong(
      `the lowest layer reads ${graph.shown(value)}; it should read Gather (an embedding), OneHot, or an input of one-hot rows`,
    );
  const axis = attributeOf(made.node, 'axis')?.integer ?? 0;
  if (axis !== 0) throw graph.wrong(`the operator Gather has axis = ${axis}; an embedding has 0`);
  const [table = '', ids = ''] = made.node.inputs;
  const matrix = matrixOf(graph, table, 'Gather');
  const from = source(graph, ids);
  if (from.made || !graph.inputs.has(from.value))
    throw graph.wrong(`the operator Gather reads ${graph.shown(from.value)}; it should read the symbols, an input`);
  if (matrix.shape[0] !== symbols || matrix.shape[1] !== inputs) {
    throw graph.wrong(
      `its embedding is [${matrix.shape.join(', ')}], where ${symbols} symbols and a layer of ${inputs} inputs need [${symbols}, ${inputs}]`,
    );
  }
  return matrix.values;
}

function isTransposed(weight: Float32Array, table: Float32Array, symbols: number): boolean {
  const hidden = table.length / symbols;
  return weight.length === table.length && transposed(table, hidden).every((value, j) => value === weight[j]);
}

function configOf(graph: Graph, { symbols, ...sizes }: Sizes, members: number): ModelConfig {
  const result = modelSchema.safeParse({ ...sizes, members });
  if (result.success) return { ...result.data, symbols };
  const { path, message } = result.error.issues[0]!;
  throw graph.wrong(`this program has no such model: ${[...path, message].join(': ')}`);
}
