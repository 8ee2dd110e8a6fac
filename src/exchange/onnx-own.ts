import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Manifest } from '../nn/manifest.ts';
import type { ForeignModel } from './foreign-model.ts';
import { type Metadata, readMetadata } from './metadata.ts';
import type { GraphBuilder } from './onnx-build.ts';
import { OPERATORS } from './onnx-export.ts';
import { Graph } from './onnx-graph.ts';
import { modelGraph, TRANSDUCER_FILES, type TransducerGraphs, transducerGraphs } from './onnx-graphs.ts';
import { type PackedTensor, unpack } from './onnx-packed.ts';
import { DATA_TYPES, type GraphProto, type ModelProto, type TensorProto } from './onnx-proto.ts';
import { readModelProto } from './onnx-read.ts';
import { writeModelProto } from './onnx-write.ts';
import { refusal } from './refusal.ts';
import { shown } from './tensor.ts';

/** Reads a tagger or a classifier from a file that this program wrote. UserError for one of a transducer's two files, and for any other graph. */
export function fromLabelGraph(file: ModelProto, metadata: Metadata, name: string): ForeignModel {
  if (metadata.model.pairs?.task === 'transduce') {
    const { encoder, decoder } = TRANSDUCER_FILES;
    throw refusal(
      name,
      `it is one graph of a transducer’s two; import the folder that has both, ${encoder} and ${decoder}`,
    );
  }
  return fromOwnGraphs(metadata, [{ name, file, expected: modelGraph(metadata.model) }]);
}

/** Reads a transducer from the two files of a folder that this program wrote. UserError for any others. */
export function fromTransducerGraphs(bytes: TransducerGraphs<Uint8Array>, folder: string): ForeignModel {
  const read = (part: keyof typeof TRANSDUCER_FILES) => {
    const name = join(folder, TRANSDUCER_FILES[part]);
    return { part, name, file: readModelProto(bytes[part], name) };
  };
  const files = [read('encoder'), read('decoder')] as const;
  const [encoder, decoder] = files;
  const metadata = readMetadata(encoder.file.metadata, encoder.name);
  if (metadata?.model.pairs?.task !== 'transduce') {
    throw refusal(
      encoder.name,
      'it has no metadata of a transducer; of folders, only those that rnn export wrote can be imported',
    );
  }
  if (!isDeepStrictEqual(decoder.file.metadata, encoder.file.metadata)) {
    throw refusal(
      decoder.name,
      `its metadata is not that of ${TRANSDUCER_FILES.encoder}: the files are of two models${AGAIN}`,
    );
  }
  const expected = transducerGraphs(metadata.model);
  return fromOwnGraphs(
    metadata,
    files.map(({ part, ...own }) => ({ ...own, expected: expected[part] })),
  );
}

/** A file, and the graph that this program writes for such a model. */
interface OwnFile {
  readonly name: string;
  readonly file: ModelProto;
  readonly expected: GraphBuilder;
}

/**
 * Reads a model from its graphs. Each must be the graph that is written for the model in the metadata, operator by operator: then its tensors are
 * the model's, to the bit. UserError that names the first difference.
 */
function fromOwnGraphs(metadata: Metadata, files: readonly OwnFile[]): ForeignModel {
  const { model: config } = metadata;
  // All numbers must be there before room for the model is made.
  const weights = files.flatMap((own) => {
    requireSameGraph(own);
    const graph = new Graph(own.file.graph, own.name);
    return own.expected.weights.map((tensor) => ({ graph, tensor, values: valuesOf(tensor, graph, own) }));
  });
  const parameters = new Float32Array(new Manifest(config).size);
  for (const { graph, tensor, values } of weights) {
    if (unpack(tensor, values, parameters, config)) continue;
    throw graph.wrong(`the tensor ${tensor.name} has numbers where this program writes zeros${AGAIN}`);
  }
  return { config, parameters, metadata, notes: [] };
}

const AGAIN = '; export the model again';

function requireSameGraph({ name, file, expected }: OwnFile): void {
  if (file.operators !== OPERATORS) {
    throw refusal(
      name,
      `it has operators of version ${file.operators}, where this program writes version ${OPERATORS}${AGAIN}`,
    );
  }
  const ours = asRead(expected);
  const weights = new Set(expected.weights.map((tensor) => tensor.name));
  const constants = file.graph.initializers.filter((tensor) => !weights.has(tensor.name));
  requireSame(name, 'operator', file.graph.nodes, ours.nodes);
  requireSame(name, 'input', file.graph.inputs, ours.inputs);
  requireSame(name, 'output', file.graph.outputs, ours.outputs);
  requireSame(name, 'tensor', constants.map(inOnePiece), ours.initializers.map(inOnePiece));
}

/** A graph as it is when it has been written and read, without the model's numbers. */
function asRead(expected: GraphBuilder): GraphProto {
  const graph = expected.build([]);
  const bytes = writeModelProto({ format: 0, operators: OPERATORS, producer: '', graph, metadata: new Map() });
  return readModelProto(bytes, 'a graph of this program').graph;
}

/** A file's tensor may be in pieces. */
function inOnePiece(tensor: TensorProto): TensorProto {
  return { ...tensor, data: [Buffer.concat(tensor.data)] };
}

function requireSame<T extends { readonly name: string }>(
  file: string,
  what: string,
  found: readonly T[],
  expected: readonly T[],
): void {
  const places = Array.from({ length: Math.max(found.length, expected.length) }, (_, at) => at);
  const at = places.find((place) => !isDeepStrictEqual(found[place], expected[place]));
  if (at === undefined) return;
  const [its, ours] = [found[at], expected[at]].map((each) => each && `the ${what} ${each.name}`);
  const difference =
    its === ours
      ? `${its} is not as this program writes it`
      : `it has ${its ?? `no more ${what}s`} where this program writes ${ours ?? 'none'}`;
  throw refusal(file, `${difference} for the model in its metadata${AGAIN}`);
}

function valuesOf(expected: PackedTensor, graph: Graph, { file }: OwnFile): Float32Array {
  const { name, shape } = expected;
  const [tensor, another] = file.graph.initializers.filter((each) => each.name === name);
  if (!tensor) throw graph.wrong(`the tensor ${shown(expected)} is missing${AGAIN}`);
  if (another) throw graph.wrong(`the tensor ${shown(expected)} is there twice${AGAIN}`);
  if (tensor.type === DATA_TYPES.float32 && isDeepStrictEqual(tensor.shape, shape)) return graph.constant(name)!.values;
  const kind = Object.entries(DATA_TYPES).find(([, type]) => type === tensor.type)?.[0] ?? `of kind ${tensor.type}`;
  throw graph.wrong(`the tensor ${shown(tensor)}, ${kind}, should be float32 [${shape.join(', ')}]${AGAIN}`);
}
