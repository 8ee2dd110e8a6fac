import type { UserError } from '../errors.ts';
import { transposed } from './layout.ts';
import { CONVERSION_NOTES, FLOAT_BYTES, type FloatKind, readFloats } from './numbers.ts';
import { type AttributeProto, DATA_TYPES, type GraphProto, type NodeProto, type TensorProto } from './onnx-proto.ts';
import { refusal } from './refusal.ts';

/** Numbers that a graph holds, row by row. */
export interface Constant {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What makes a value of a graph: an operator, and which of its outputs the value is. */
export interface Made {
  readonly node: NodeProto;
  readonly output: number;
}

const FLOAT_KINDS: ReadonlyMap<number, FloatKind> = new Map([
  [DATA_TYPES.float32, 'float32'],
  [DATA_TYPES.float64, 'float64'],
  [DATA_TYPES.float16, 'float16'],
  [DATA_TYPES.bfloat16, 'bfloat16'],
]);

const INTEGER_BYTES: ReadonlyMap<number, number> = new Map([
  [DATA_TYPES.int32, 4],
  [DATA_TYPES.int64, 8],
]);

/** Operators that leave the numbers of a tensor, and its dimensions above 1, as they are. */
const UNCHANGED: ReadonlySet<string> = new Set(['Identity', 'Squeeze', 'Unsqueeze']);

/** Operators that leave a list of whole numbers as it is. */
const SAME_LIST: ReadonlySet<string> = new Set([...UNCHANGED, 'Reshape', 'Flatten', 'Cast']);

/** A graph to be read from its end to its start: every value by its name. */
export class Graph {
  readonly inputs: ReadonlySet<string>;
  readonly outputs: readonly string[];
  readonly #made: ReadonlyMap<string, Made>;
  readonly #initializers: ReadonlyMap<string, TensorProto>;
  readonly #name: string;
  readonly #notes = new Set<string>();

  constructor({ nodes, initializers, inputs, outputs }: GraphProto, name: string) {
    this.#name = name;
    this.#initializers = new Map(initializers.map((tensor) => [tensor.name, tensor]));
    this.#made = new Map(
      nodes.flatMap((node) => node.outputs.map((value, output) => [value, { node, output }] as const)),
    );
    // Files of an early format list initializers among the inputs.
    this.inputs = new Set(inputs.map((input) => input.name).filter((input) => !this.#initializers.has(input)));
    this.outputs = outputs.map((output) => output.name);
    const foreign = nodes.find(({ domain }) => domain !== '');
    if (foreign) throw this.wrong(`the operator ${foreign.domain}.${foreign.operator} is none of ONNX’s own`);
  }

  /** Sentences on numbers that were converted. */
  get notes(): readonly string[] {
    return [...this.#notes];
  }

  wrong(found: string): UserError {
    return refusal(this.#name, found);
  }

  /** What makes a value; undefined for an input or an initializer. */
  made(value: string): Made | undefined {
    return this.#made.get(value);
  }

  /** How a value is shown in a message. */
  shown(value: string): string {
    const made = this.made(value);
    if (made) return `the operator ${made.node.operator}`;
    if (this.inputs.has(value)) return `the input ${value}`;
    return value === '' ? 'nothing' : `the tensor ${value}`;
  }

  /** Whole numbers that a value holds: of an initializer, a Constant, or one of another shape. */
  integers(value: string): readonly number[] | undefined {
    const tensor = this.#tensor(value, 0);
    if (!tensor) return undefined;
    if (tensor.integers.length > 0 || !INTEGER_BYTES.has(tensor.type)) return tensor.integers;
    const bytes = joined(tensor.data);
    const size = INTEGER_BYTES.get(tensor.type)!;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Array.from({ length: Math.min(64, Math.floor(bytes.length / size)) }, (_, j) =>
      size === 8 ? Number(view.getBigInt64(8 * j, true)) : view.getInt32(4 * j, true),
    );
  }

  /** The numbers of an initializer or a Constant, through operators that give them another shape or transpose them. */
  constant(value: string, depth = 0): Constant | undefined {
    if (depth > MOST_FOLDED) return undefined;
    const made = this.made(value);
    const tensor = this.#tensor(value, depth);
    if (tensor) return this.#read(tensor, value);
    if (!made) return undefined;
    const [input = ''] = made.node.inputs;
    const constant = this.constant(input, depth + 1);
    if (!constant) return undefined;
    if (UNCHANGED.has(made.node.operator))
      return { shape: constant.shape.filter((length) => length !== 1), values: constant.values };
    if (made.node.operator !== 'Transpose') return undefined;
    const shape = constant.shape.filter((length) => length !== 1);
    if (shape.length !== 2) return undefined;
    const [rows = 0, columns = 0] = shape;
    return { shape: [columns, rows], values: transposed(constant.values, columns) };
  }

  /**
   * Whether a value rests on inputs of the graph or on zeros alone: an initial state that may be taken for zero, or for what the caller gives.
   */
  isZeroOrGiven(value: string): boolean {
    const seen = new Set<string>();
    const open = [value];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === '' || seen.has(at)) continue;
      seen.add(at);
      const made = this.made(at);
      if (made) {
        const constant = attributeOf(made.node, 'value')?.tensor;
        if (made.node.operator === 'ConstantOfShape' ? constant && !this.#isZero(constant) : false) return false;
        if (made.node.operator === 'Constant' && constant && !this.#isZero(constant)) return false;
        open.push(...made.node.inputs);
      } else if (!this.inputs.has(at)) {
        const tensor = this.#initializers.get(at);
        if (!tensor || !this.#isZero(tensor)) return false;
      }
    }
    return true;
  }

  #isZero(tensor: TensorProto): boolean {
    // Whole numbers are shapes and places.
    if (!FLOAT_KINDS.has(tensor.type)) return true;
    return tensor.data.every((piece) => piece.every((byte) => byte === 0));
  }

  #tensor(value: string, depth: number): TensorProto | undefined {
    const initializer = this.#initializers.get(value);
    if (initializer) return initializer;
    const node = this.made(value)?.node;
    if (node?.operator === 'Constant') {
      const attribute = attributeOf(node, 'value');
      if (attribute?.tensor) return attribute.tensor;
      const one = attributeOf(node, 'value_int')?.integer;
      const several = attributeOf(node, 'value_ints')?.integers;
      const integers = one === undefined ? several : [one];
      if (!integers) return undefined;
      return { name: value, shape: [integers.length], type: DATA_TYPES.int64, data: [], integers, external: false };
    }
    const shapes = node && SAME_LIST.has(node.operator) && depth < MOST_FOLDED;
    const inner = shapes ? this.#tensor(node.inputs[0] ?? '', depth + 1) : undefined;
    // Numbers whose shape matters are read by `constant`.
    return inner && INTEGER_BYTES.has(inner.type) ? inner : undefined;
  }

  #read(tensor: TensorProto, value: string): Constant | undefined {
    const kind = FLOAT_KINDS.get(tensor.type);
    if (tensor.external)
      throw this.wrong(
        `the tensor ${value} is in another file, which is not opened; save the model with its tensors in one file`,
      );
    if (!kind) return undefined;
    const { shape } = tensor;
    const count = shape.reduce((product, length) => product * length, 1);
    // Two bytes a number that stand one by one are whole numbers of this kind's bits.
    const bytes = tensor.integers.length > 0 && FLOAT_BYTES[kind] === 2 ? halves(tensor.integers) : joined(tensor.data);
    if (!(shape.every((length) => length >= 0) && bytes.length === count * FLOAT_BYTES[kind])) {
      throw this.wrong(
        `the tensor ${value} [${shape.join(', ')}] has ${bytes.length} bytes where its shape needs ${count * FLOAT_BYTES[kind]}`,
      );
    }
    const note = CONVERSION_NOTES[kind];
    if (note) this.#notes.add(note);
    return { shape, values: readFloats(bytes, kind) };
  }
}

/** The most operators between a tensor and its use. */
const MOST_FOLDED = 8;

export function attributeOf(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attributes.find((attribute) => attribute.name === name);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

function halves(integers: readonly number[]): Uint8Array {
  return new Uint8Array(Uint16Array.from(integers).buffer);
}
