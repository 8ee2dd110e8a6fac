import type { ModelConfig } from '../nn/config.ts';
import { Manifest } from '../nn/manifest.ts';
import type { TensorView } from '../nn/parameters.ts';
import { attribute, GraphBuilder } from './onnx-build.ts';
import { DecoderGraph } from './onnx-decoder.ts';
import { ROWS, SOURCE_STEPS, STEPS } from './onnx-dimensions.ts';
import { NetworkGraph } from './onnx-network.ts';
import { DATA_TYPES } from './onnx-proto.ts';
import { EncoderGraph, LabelGraph } from './onnx-source.ts';

/** The two graphs of a transducer. */
export interface TransducerGraphs<T = GraphBuilder> {
  readonly encoder: T;
  readonly decoder: T;
}

/** A transducer's graphs, and names of their files. */
export const TRANSDUCER_FILES = {
  encoder: 'encoder.onnx',
  decoder: 'decoder.onnx',
} as const satisfies TransducerGraphs<string>;

/** Makes the graph of one network of a model: of its tensors, with a prefix before all names. Returns the name of its logits. */
type BuildNetwork = (graph: GraphBuilder, views: readonly TensorView[], prefix: string) => string;

/** The graph of a model of texts, a tagger or a classifier: input `symbols` [steps, rows], output `logits`. */
export function modelGraph(config: ModelConfig): GraphBuilder {
  const Graph = config.pairs ? LabelGraph : LanguageGraph;
  const positions = config.pairs?.task === 'classify' ? [ROWS] : [STEPS, ROWS];
  return predicting(config, positions, (graph, views, prefix) => new Graph(graph, config, views, prefix).build());
}

/** The graphs of a transducer. The encoder's input is `symbols` [source_steps, rows]; those of the decoder are `symbols` [steps, rows] and the encoder's outputs. */
export function transducerGraphs(config: ModelConfig): TransducerGraphs {
  const encoder = reading(SOURCE_STEPS);
  forEachMember(config, (views, prefix) => new EncoderGraph(encoder, config, views, prefix).build());
  const decoder = predicting(config, [STEPS, ROWS], (graph, views, prefix) =>
    new DecoderGraph(graph, config, views, prefix).build(),
  );
  return { encoder, decoder };
}

/** A graph that reads symbols and has logits for each of the positions. */
function predicting(config: ModelConfig, positions: readonly string[], build: BuildNetwork): GraphBuilder {
  const graph = reading(STEPS);
  graph.output('logits', [...positions, config.symbols]);
  addMean(
    graph,
    forEachMember(config, (views, prefix) => build(graph, views, prefix)),
  );
  return graph;
}

function reading(steps: string): GraphBuilder {
  const graph = new GraphBuilder();
  graph.inputs.push({ name: 'symbols', type: DATA_TYPES.int64, shape: [steps, ROWS] });
  return graph;
}

function forEachMember<T>(config: ModelConfig, build: (views: readonly TensorView[], prefix: string) => T): T[] {
  const manifest = new Manifest(config);
  return Array.from({ length: config.members }, (_, member) =>
    build(manifest.ofMember(member), config.members > 1 ? `members.${member}.` : ''),
  );
}

/** The graph of a language model's network. */
class LanguageGraph extends NetworkGraph {
  build(): string {
    const { layers, symbols } = this.config;
    let signal = this.read(symbols);
    for (let layer = 0; layer < layers; layer++) signal = this.stepped(layer, signal);
    return this.output(signal);
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
