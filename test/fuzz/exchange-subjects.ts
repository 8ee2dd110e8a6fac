import { safetensorsOf } from '../../src/exchange/export.ts';
import { importModel } from '../../src/exchange/import.ts';
import { toOnnx } from '../../src/exchange/onnx-export.ts';
import type { ModelProto } from '../../src/exchange/onnx-proto.ts';
import { readModelProto } from '../../src/exchange/onnx-read.ts';
import { writeModelProto } from '../../src/exchange/onnx-write.ts';
import { writeSafetensors } from '../../src/exchange/safetensors.ts';
import type { Random } from '../../src/random.ts';
import { checkpointOf, joined, MODELS } from '../exchange/models.ts';
import { onnxOf, PAIR_MODELS, pairCheckpointOf } from '../exchange/pair-models.ts';
import { mutateBytes, mutateJson, pick } from './mutate.ts';
import { judge, type Verdict } from './subjects.ts';

const CHECKPOINTS = MODELS.map(({ config }, seed) => checkpointOf(config, seed));
const PAIR_CHECKPOINTS = PAIR_MODELS.map(({ config }, seed) => pairCheckpointOf(config, seed));
const SAFETENSORS = [...CHECKPOINTS, ...PAIR_CHECKPOINTS].map((checkpoint) => joined(safetensorsOf(checkpoint)));
const ONNX = [...CHECKPOINTS.map((checkpoint) => toOnnx(checkpoint)), ...PAIR_CHECKPOINTS.map(onnxOf)];

/** A file of safetensors, with or without metadata, with damaged bytes or a damaged header. */
export function fuzzSafetensors(random: Random): Promise<Verdict> {
  const bytes = pick(random, SAFETENSORS);
  const damaged =
    random.integer(2) === 0 ? mutateBytes(random, bytes) : withHeader(bytes, mutateJson(random, headerOf(bytes)));
  return judge(damaged, () => {
    importModel(damaged, 'it', random.integer(2) === 0 ? {} : { symbols: 'abcdefghi'.slice(0, 6 + random.integer(4)) });
  });
}

/** An ONNX file, or one of a transducer's two, with damaged bytes, or with damaged messages, which are whole as messages. */
export function fuzzOnnx(random: Random): Promise<Verdict> {
  const whole = pick(random, ONNX);
  const part = random.integer(2) === 0 ? 'encoder' : 'decoder';
  const bytes = whole instanceof Uint8Array ? whole : whole[part];
  const damaged = random.integer(2) === 0 ? mutateBytes(random, Buffer.from(bytes)) : mutateModel(random, bytes);
  return judge(Buffer.from(damaged), () => {
    importModel(whole instanceof Uint8Array ? damaged : { ...whole, [part]: damaged }, 'it');
  });
}

function headerOf(bytes: Buffer): string {
  const text = bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE()));
  const header = JSON.parse(text) as Record<string, unknown>;
  return JSON.stringify(header);
}

function withHeader(bytes: Buffer, header: string): Buffer {
  const data = bytes.subarray(8 + Number(bytes.readBigUInt64LE()));
  const [length, ...rest] = writeSafetensors([], new Map());
  const text = Buffer.from(header);
  Buffer.from(length!.buffer).writeBigUInt64LE(BigInt(text.length), length!.byteOffset);
  return Buffer.concat([length!, text, data, ...rest.slice(1)]);
}

const OPERATORS = [
  'LSTM',
  'GRU',
  'RNN',
  'Gather',
  'OneHot',
  'MatMul',
  'Add',
  'Squeeze',
  'Transpose',
  'Softmax',
  'Mean',
  'Log',
  'Constant',
  'Sin',
];

/** Operators renamed, dropped, or rewired, and tensors of another shape, kind or name. */
function mutateModel(random: Random, bytes: Uint8Array): Uint8Array {
  const model = readModelProto(bytes, 'it');
  const { nodes, initializers } = model.graph;
  const names = [...nodes.flatMap(({ outputs }) => outputs), ...initializers.map(({ name }) => name), 'symbols', ''];
  const changes: readonly ((graph: ModelProto['graph']) => ModelProto['graph'])[] = [
    (graph) => ({ ...graph, nodes: graph.nodes.filter(() => random.integer(8) > 0) }),
    (graph) => ({ ...graph, initializers: graph.initializers.filter(() => random.integer(8) > 0) }),
    (graph) => {
      const at = random.integer(graph.nodes.length);
      const inputs = graph.nodes[at]!.inputs.map((input) => (random.integer(3) === 0 ? pick(random, names) : input));
      return { ...graph, nodes: graph.nodes.with(at, { ...graph.nodes[at]!, inputs }) };
    },
    (graph) => {
      const at = random.integer(graph.nodes.length);
      return { ...graph, nodes: graph.nodes.with(at, { ...graph.nodes[at]!, operator: pick(random, OPERATORS) }) };
    },
    (graph) => {
      const at = random.integer(graph.initializers.length);
      const shape = Array.from({ length: random.integer(5) }, () =>
        pick(random, [0, 1, 2, 6, 24, -1, 2 ** 31, 2 ** 53]),
      );
      return { ...graph, initializers: graph.initializers.with(at, { ...graph.initializers[at]!, shape }) };
    },
    (graph) => {
      const at = random.integer(graph.initializers.length);
      return {
        ...graph,
        initializers: graph.initializers.with(at, { ...graph.initializers[at]!, type: random.integer(20) }),
      };
    },
    (graph) => {
      const at = random.integer(graph.nodes.length);
      const attributes = graph.nodes[at]!.attributes.map((each) => ({
        ...each,
        integer: pick(random, [-1, 0, 1, 2 ** 40]),
        texts: pick(random, [[], ['Relu'], ['Sigmoid', 'Tanh']]),
      }));
      return { ...graph, nodes: graph.nodes.with(at, { ...graph.nodes[at]!, attributes }) };
    },
  ];
  let graph = model.graph;
  for (
    let count = pick(random, [1, 1, 2, 4]);
    count > 0 && graph.nodes.length > 0 && graph.initializers.length > 0;
    count--
  )
    graph = pick(random, changes)(graph);
  return writeModelProto({ ...model, graph });
}
