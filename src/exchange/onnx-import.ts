import { CELL_KINDS, type CellName } from '../nn/cells/index.ts';
import type { Activation, Reset } from '../nn/cells/options.ts';
import { type ModelConfig, parseFoundModel } from '../nn/config.ts';
import { Manifest } from '../nn/manifest.ts';
import type { ForeignModel } from './foreign-model.ts';
import { transposed } from './layout.ts';
import { readMetadata } from './metadata.ts';
import { matrixOf, source } from './onnx-chain.ts';
import { attributeOf, Graph, type Made } from './onnx-graph.ts';
import { isRecurrent, type Layer, readLayer } from './onnx-layer.ts';
import { readOutput } from './onnx-output.ts';
import { fromLabelGraph } from './onnx-own.ts';
import type { NodeProto } from './onnx-proto.ts';
import { readModelProto } from './onnx-read.ts';

/**
 * Reads a language model from an ONNX file: a chain of Gather or OneHot, then RNN, GRU or LSTM operators, then MatMul or Gemm, and a bias. Operators
 * that change nothing but the shape may stand between. The chain's end is the output called `logits`, else the first one. An ensemble ends in
 * Log(Mean(Softmax(…), …)).
 *
 * It goes by the graph and by nothing else: names and metadata of this program give the vocabulary and the run, no numbers. A tagger or a
 * classifier is read from what this program wrote, and from nothing else. UserError that says what was found where a model is none of these.
 */
export function readOnnx(bytes: Uint8Array, name: string): ForeignModel {
  const file = readModelProto(bytes, name);
  const graph = new Graph(file.graph, name);
  const metadata = readMetadata(file.metadata, name);
  if (metadata?.model.pairs) return fromLabelGraph(file, metadata, name);
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
  if (metadata && JSON.stringify(sorted(metadata.model)) !== JSON.stringify(sorted(config))) {
    throw graph.wrong('its graph is not the model that its metadata describes; export the model again');
  }
  return { config, parameters, metadata, notes: graph.notes };
}

function sorted(config: ModelConfig): readonly unknown[] {
  // What a cell does not use, a graph does not tell.
  const { activation, reset, ...rest } = config;
  const used = CELL_KINDS[config.cell].uses.map((key) => [key, config[key]] as const);
  return [...Object.entries(rest), ...used].sort(([a], [b]) => (a < b ? -1 : 1));
}

interface Sizes {
  readonly cell: CellName;
  readonly activation: Activation;
  readonly reset: Reset;
  readonly hidden: number;
  readonly layers: number;
  readonly embedding: number;
  readonly sharesTable: boolean;
  readonly symbols: number;
}

interface Member {
  readonly sizes: Sizes;
  /** Of one network, by this program's names. */
  readonly tensors: ReadonlyMap<string, Float32Array>;
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
    const axis = made ? (attributeOf(made.node, 'axis')?.integer ?? -1) : -1;
    if (made?.node.operator === 'Softmax' && (axis === -1 || axis === 2)) return made.node.inputs[0] ?? '';
    throw graph.wrong(
      `the operator Mean reads ${graph.shown(value)}; an ensemble is the mean of Softmax over the symbols`,
    );
  });
}

/** As many as a model may have. */
const MOST_LAYERS = 64;

function readMember(graph: Graph, end: string): Member {
  const output = readOutput(graph, end);
  const { layers, made, value } = readLayers(graph, output.input);
  const { cell, hidden, activation, reset, inputs } = layers[0]!;
  const symbols = output.bias.length;
  if (output.weight.length !== hidden * symbols) {
    throw graph.wrong(
      `the output layer has ${output.weight.length} weights, where ${hidden} units and ${symbols} symbols need ${hidden * symbols}`,
    );
  }
  const table = readSymbols(graph, made, value, inputs, symbols);
  const sharesTable = table !== undefined && inputs === hidden && isTransposed(output.weight, table, symbols);
  const tensors = new Map(
    layers.flatMap((layer, index) => [...layer.tensors].map(([part, values]) => [`layers.${index}.${part}`, values])),
  );
  if (table) tensors.set('embedding', table);
  if (!sharesTable) tensors.set('output.weight', output.weight);
  tensors.set('output.bias', output.bias);
  const embedding = table ? inputs : 0;
  return {
    sizes: { cell, activation, reset, hidden, layers: layers.length, embedding, sharesTable, symbols },
    tensors,
  };
}

/** The recurrent layers from the bottom up, at least one, and what the lowest reads. */
function readLayers(graph: Graph, input: string): { layers: readonly Layer[]; made: Made | undefined; value: string } {
  const layers: Layer[] = [];
  let { made, value } = source(graph, input);
  while (made && isRecurrent(made.node)) {
    // The lower layers hand on their whole sequence; the top one may hand on its last state alone.
    if (made.output > (layers.length === 0 ? 1 : 0)) {
      const { operator } = made.node;
      throw graph.wrong(`the operator ${operator} hands on its output ${made.output}; only the sequence is read`);
    }
    layers.unshift(readLayer(graph, made.node));
    ({ made, value } = source(graph, made.node.inputs[0] ?? ''));
    if (layers.length > MOST_LAYERS) throw graph.wrong(`it has more than ${MOST_LAYERS} recurrent layers`);
  }
  const [bottom] = layers;
  if (!bottom) {
    throw graph.wrong(`the output layer reads ${graph.shown(value)}; it should read an RNN, a GRU or an LSTM`);
  }
  const odd = layers.find((layer) => layer.kind !== bottom.kind);
  if (odd) throw graph.wrong(`its layers differ: ${bottom.kind} and ${odd.kind}; all must be alike`);
  const unfit = layers.findIndex((layer, index) => index > 0 && layer.inputs !== layer.hidden);
  if (unfit > 0) {
    const { inputs, hidden } = layers[unfit]!;
    throw graph.wrong(`layer ${unfit} reads ${inputs} numbers, but the layer below has ${hidden} units`);
  }
  return { layers, made, value };
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
  if (oneHot) requireOneHot(graph, made!.node);
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

/** OneHot may put other numbers than 0 and 1, and along another dimension than the last. */
function requireOneHot(graph: Graph, node: NodeProto): void {
  const numbers = graph.constant(node.inputs[2] ?? '')?.values;
  const axis = attributeOf(node, 'axis')?.integer ?? -1;
  if (numbers?.[0] === 0 && numbers[1] === 1 && (axis === -1 || axis === 2)) return;
  throw graph.wrong(
    `the operator OneHot has the values ${numbers?.join(', ') ?? 'none'} and axis = ${axis}; it should have 0, 1 and -1`,
  );
}

function isTransposed(weight: Float32Array, table: Float32Array, symbols: number): boolean {
  const hidden = table.length / symbols;
  return weight.length === table.length && transposed(table, hidden).every((value, j) => value === weight[j]);
}

function configOf(graph: Graph, sizes: Sizes, members: number): ModelConfig {
  const result = parseFoundModel({ ...sizes, members });
  if (result.success) return { ...result.data, symbols: sizes.symbols };
  const { path, message } = result.error.issues[0]!;
  throw graph.wrong(`this program has no such model: ${[...path, message].join(': ')}`);
}
