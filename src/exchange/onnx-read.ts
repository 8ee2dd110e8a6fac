import { PbfReader } from 'pbf';
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueProto } from './onnx-proto.ts';
import {
  add,
  bytes,
  type Field,
  fixed32,
  floats,
  integers,
  message,
  readFields,
  text,
  varint,
  WIRE,
} from './protobuf-fields.ts';
import { refusal } from './refusal.ts';

/** Bounds on what a file may hold: far above any model of this program, and low enough to be read in a moment. */
const MOST = {
  nodes: 10_000,
  tensors: 10_000,
  values: 1000,
  attributes: 64,
  names: 1000,
  numbers: 10_000,
  entries: 1000,
  dimensions: 8,
};

/** Reads an ONNX file's messages. Tensors' numbers are views of the bytes. UserError, in a line, where it is none; `name` names the file. */
export function readModelProto(bytes: Uint8Array, name: string): ModelProto {
  try {
    const pbf = new PbfReader(bytes);
    return readModel(pbf, bytes.length);
  } catch (cause) {
    throw refusal(name, `neither safetensors nor a whole ONNX file: ${(cause as Error).message}`, cause);
  }
}

function readModel(pbf: PbfReader, end: number): ModelProto {
  let format = 0;
  let operators = 0;
  let producer = '';
  let graph: GraphProto | undefined;
  const metadata = new Map<string, string>();
  readFields(pbf, end, {
    1: varint((value) => {
      format = value;
    }),
    2: text((value) => {
      producer = value;
    }),
    7: message((inner, innerEnd) => {
      graph = readGraph(inner, innerEnd);
    }),
    8: message((inner, innerEnd) => {
      const { domain, version } = readOperators(inner, innerEnd);
      if (domain === '' || domain === 'ai.onnx') operators = version;
    }),
    14: message((inner, innerEnd) => {
      const [key, value] = readEntry(inner, innerEnd);
      if (metadata.size >= MOST.entries) throw new Error(`it has more than ${MOST.entries} entries of metadata`);
      metadata.set(key, value);
    }),
  });
  if (!graph) throw new Error('it has no graph');
  return { format, operators, producer, graph, metadata };
}

function readOperators(pbf: PbfReader, end: number): { domain: string; version: number } {
  const set = { domain: '', version: 0 };
  readFields(pbf, end, {
    1: text((value) => {
      set.domain = value;
    }),
    2: varint((value) => {
      set.version = value;
    }),
  });
  return set;
}

function readEntry(pbf: PbfReader, end: number): [string, string] {
  const entry: [string, string] = ['', ''];
  readFields(pbf, end, {
    1: text((value) => {
      entry[0] = value;
    }),
    2: text((value) => {
      entry[1] = value;
    }),
  });
  return entry;
}

function readGraph(pbf: PbfReader, end: number): GraphProto {
  let name = '';
  const nodes: NodeProto[] = [];
  const initializers: TensorProto[] = [];
  const inputs: ValueProto[] = [];
  const outputs: ValueProto[] = [];
  readFields(pbf, end, {
    1: message((inner, innerEnd) => add(nodes, readNode(inner, innerEnd), MOST.nodes, 'operators')),
    2: text((value) => {
      name = value;
    }),
    5: message((inner, innerEnd) => add(initializers, readTensor(inner, innerEnd), MOST.tensors, 'tensors')),
    11: message((inner, innerEnd) => add(inputs, readValue(inner, innerEnd), MOST.values, 'inputs')),
    12: message((inner, innerEnd) => add(outputs, readValue(inner, innerEnd), MOST.values, 'outputs')),
  });
  return { name, nodes, initializers, inputs, outputs };
}

function readNode(pbf: PbfReader, end: number): NodeProto {
  const node = { name: '', operator: '', domain: '' };
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: AttributeProto[] = [];
  readFields(pbf, end, {
    1: text((value) => add(inputs, value, MOST.names, 'inputs of an operator')),
    2: text((value) => add(outputs, value, MOST.names, 'outputs of an operator')),
    3: text((value) => {
      node.name = value;
    }),
    4: text((value) => {
      node.operator = value;
    }),
    5: message((inner, innerEnd) => add(attributes, readAttribute(inner, innerEnd), MOST.attributes, 'attributes')),
    7: text((value) => {
      node.domain = value === 'ai.onnx' ? '' : value;
    }),
  });
  return { ...node, inputs, outputs, attributes };
}

function readAttribute(pbf: PbfReader, end: number): AttributeProto {
  const attribute: { name: string; float?: number; integer?: number; text?: string; tensor?: TensorProto } = {
    name: '',
  };
  const lists = { floats: [] as number[], integers: [] as number[], texts: [] as string[] };
  readFields(pbf, end, {
    1: text((value) => {
      attribute.name = value;
    }),
    2: fixed32((value) => {
      attribute.float = value;
    }),
    3: varint((value) => {
      attribute.integer = value;
    }),
    4: text((value) => {
      attribute.text = value;
    }),
    5: message((inner, innerEnd) => {
      attribute.tensor = readTensor(inner, innerEnd);
    }),
    7: floats(lists.floats, MOST.numbers),
    8: integers(lists.integers, MOST.numbers),
    9: text((value) => add(lists.texts, value, MOST.names, 'texts')),
  });
  return { ...attribute, ...lists };
}

function readTensor(pbf: PbfReader, end: number): TensorProto {
  const tensor = { name: '', type: 0, external: false };
  const shape: number[] = [];
  const data: Uint8Array[] = [];
  const whole: number[] = [];
  const keep = bytes((value) => add(data, value, MOST.numbers, 'pieces of a tensor'));
  // A number that stands alone is a piece of its own.
  const single = (wire: number, size: number): Field => ({
    wire,
    read: (inner) => {
      add(
        data,
        inner.buf.subarray(inner.pos, inner.pos + size),
        MOST.numbers,
        'numbers of a tensor that stand one by one',
      );
      inner.pos += size;
    },
  });
  readFields(pbf, end, {
    1: integers(shape, MOST.dimensions),
    2: varint((value) => {
      tensor.type = value;
    }),
    4: [keep, single(WIRE.fixed32, 4)],
    5: integers(whole, MOST.numbers),
    7: integers(whole, MOST.numbers),
    8: text((value) => {
      tensor.name = value;
    }),
    9: keep,
    10: [keep, single(WIRE.fixed64, 8)],
    13: bytes(() => {
      tensor.external = true;
    }),
    14: varint((value) => {
      tensor.external ||= value !== 0;
    }),
  });
  return { ...tensor, shape, data, integers: whole };
}

function readValue(pbf: PbfReader, end: number): ValueProto {
  const value = { name: '', type: 0 };
  const shape: (number | string)[] = [];
  const dimension = message((inner, innerEnd) => {
    let size: number | string = '';
    readFields(inner, innerEnd, {
      1: varint((length) => {
        size = length;
      }),
      2: text((label) => {
        size = label;
      }),
    });
    add(shape, size, MOST.dimensions, 'dimensions');
  });
  const tensorType = message((inner, innerEnd) => {
    readFields(inner, innerEnd, {
      1: varint((type) => {
        value.type = type;
      }),
      2: message((deeper, deeperEnd) => readFields(deeper, deeperEnd, { 1: dimension })),
    });
  });
  readFields(pbf, end, {
    1: text((label) => {
      value.name = label;
    }),
    2: message((inner, innerEnd) => readFields(inner, innerEnd, { 1: tensorType })),
  });
  return { ...value, shape };
}
