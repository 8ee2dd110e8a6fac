import { PbfWriter } from 'pbf';
import {
  type AttributeProto,
  DATA_TYPES,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueProto,
} from './onnx-proto.ts';

/** ONNX's numbers for the kinds of an attribute. */
const ATTRIBUTE = { float: 1, integer: 2, text: 3, tensor: 4, floats: 6, integers: 7, texts: 8 } as const;

/** The bytes of an ONNX file. Equal models give equal bytes. */
export function writeModelProto(model: ModelProto): Uint8Array {
  const pbf = new PbfWriter();
  writeInteger(pbf, 1, model.format);
  writeText(pbf, 2, model.producer);
  pbf.writeMessage(7, writeGraph, model.graph);
  pbf.writeMessage(8, (version, inner) => writeInteger(inner, 2, version), model.operators);
  for (const entry of model.metadata) {
    pbf.writeMessage(
      14,
      ([key, value], inner) => {
        writeText(inner, 1, key);
        writeText(inner, 2, value);
      },
      entry,
    );
  }
  return pbf.finish();
}

function writeInteger(pbf: PbfWriter, field: number, value: number): void {
  pbf.writeTag(field, 0);
  pbf.writeVarint(value);
}

function writeText(pbf: PbfWriter, field: number, value: string): void {
  pbf.writeTag(field, 2);
  pbf.writeBytes(Buffer.from(value));
}

function writeGraph({ name, nodes, initializers, inputs, outputs }: GraphProto, pbf: PbfWriter): void {
  for (const node of nodes) pbf.writeMessage(1, writeNode, node);
  writeText(pbf, 2, name);
  for (const tensor of initializers) pbf.writeMessage(5, writeTensor, tensor);
  for (const value of inputs) pbf.writeMessage(11, writeValue, value);
  for (const value of outputs) pbf.writeMessage(12, writeValue, value);
}

function writeNode({ name, operator, domain, inputs, outputs, attributes }: NodeProto, pbf: PbfWriter): void {
  for (const input of inputs) writeText(pbf, 1, input);
  for (const output of outputs) writeText(pbf, 2, output);
  writeText(pbf, 3, name);
  writeText(pbf, 4, operator);
  for (const attribute of attributes) pbf.writeMessage(5, writeAttribute, attribute);
  if (domain !== '') writeText(pbf, 7, domain);
}

function writeAttribute(attribute: AttributeProto, pbf: PbfWriter): void {
  const { float, integer, text, tensor, floats, integers, texts } = attribute;
  writeText(pbf, 1, attribute.name);
  if (float !== undefined) {
    pbf.writeTag(2, 5);
    pbf.writeFloat(float);
  }
  if (integer !== undefined) writeInteger(pbf, 3, integer);
  if (text !== undefined) writeText(pbf, 4, text);
  if (tensor !== undefined) pbf.writeMessage(5, writeTensor, tensor);
  for (const each of floats) {
    pbf.writeTag(7, 5);
    pbf.writeFloat(each);
  }
  for (const each of integers) writeInteger(pbf, 8, each);
  for (const each of texts) writeText(pbf, 9, each);
  const kind = (Object.keys(ATTRIBUTE) as (keyof typeof ATTRIBUTE)[]).find((key) => {
    const value = attribute[key];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  });
  writeInteger(pbf, 20, ATTRIBUTE[kind!]);
}

function writeTensor({ name, shape, type, data, integers, external }: TensorProto, pbf: PbfWriter): void {
  for (const length of shape) writeInteger(pbf, 1, length);
  writeInteger(pbf, 2, type);
  for (const each of integers) writeInteger(pbf, 7, each);
  writeText(pbf, 8, name);
  if (external) writeInteger(pbf, 14, 1);
  if (type === DATA_TYPES.int64) return;
  const [only = new Uint8Array()] = data;
  pbf.writeTag(9, 2);
  pbf.writeBytes(only);
}

function writeValue({ name, type, shape }: ValueProto, pbf: PbfWriter): void {
  writeText(pbf, 1, name);
  pbf.writeMessage(
    2,
    (_, inner) => {
      inner.writeMessage(
        1,
        (_tensor, tensorType) => {
          writeInteger(tensorType, 1, type);
          tensorType.writeMessage(
            2,
            (dimensions, shapeMessage) => {
              for (const dimension of dimensions) {
                shapeMessage.writeMessage(
                  1,
                  (length, message) => {
                    if (typeof length === 'number') writeInteger(message, 1, length);
                    else writeText(message, 2, length);
                  },
                  dimension,
                );
              }
            },
            shape,
          );
        },
        undefined,
      );
    },
    undefined,
  );
}
