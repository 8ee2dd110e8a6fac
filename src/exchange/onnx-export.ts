import { UserError } from '../errors.ts';
import { CELL_KINDS } from '../nn/cells/index.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { Manifest } from '../nn/manifest.ts';
import { writeMetadata } from './metadata.ts';
import { attribute, GraphBuilder } from './onnx-build.ts';
import { LabelGraph } from './onnx-labels.ts';
import { NetworkGraph } from './onnx-network.ts';
import { DATA_TYPES } from './onnx-proto.ts';
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
 * A tagger reads whole sources of one length, and has no states. A classifier's `logits` are [rows, V].
 *
 * An ensemble's states have `members.m.` before their names. Its `logits` are log p̄, logarithms of the mean of the members' probabilities.
 *
 * The initializers are this program's tensors in ONNX's layout: W [1, G·H, D], R [1, G·H, H] and B [1, 2·G·H], or [2, …] of two directions.
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
  const positions = model.pairs?.task === 'classify' ? [ROWS] : [STEPS, ROWS];
  graph.outputs.push({ name: 'logits', type: DATA_TYPES.float32, shape: [...positions, model.symbols] });
  const Graph = model.pairs ? LabelGraph : LanguageGraph;
  const members = Array.from({ length: model.members }, (_, member) => {
    const prefix = model.members > 1 ? `members.${member}.` : '';
    return new Graph(graph, model, parameters, manifest.ofMember(member), prefix).build();
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

/** The graph of a language model's network. */
class LanguageGraph extends NetworkGraph {
  build(): string {
    const { layers, symbols } = this.config;
    let signal = this.read(symbols);
    for (let layer = 0; layer < layers; layer++) signal = this.#layer(layer, signal);
    return this.output(signal);
  }

  #layer(layer: number, input: string): string {
    const name = `layers.${layer}`;
    const states = CELL_KINDS[this.config.cell].states.map((state) => this.#state(`${this.prefix}${name}.${state}`));
    const { sequence } = this.recurrent(name, input, 'forward', states);
    // [steps, directions, rows, H] without the one direction.
    const axis = this.graph.integers('directionAxis', [1]);
    return this.graph.node('Squeeze', [sequence, axis], [`${this.prefix}${name}.output`]);
  }

  #state(name: string): string {
    const value = { type: DATA_TYPES.float32, shape: [1, ROWS, this.config.hidden] };
    this.graph.inputs.push({ name, ...value });
    this.graph.outputs.push({ name: `${name}.next`, ...value });
    return name;
  }
}

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
