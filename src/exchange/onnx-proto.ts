/**
 * The parts of ONNX's protobuf messages (github.com/onnx/onnx, onnx.proto) that models of this program need. Fields that are not here are passed
 * over; so are subgraphs, which no such model has.
 */

/** A tensor's kinds of numbers, by ONNX's numbers for them. */
export const DATA_TYPES = { float32: 1, int32: 6, int64: 7, float16: 10, float64: 11, bfloat16: 16 } as const;

export interface TensorProto {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  /** The numbers' bytes, little-endian, in pieces. */
  readonly data: readonly Uint8Array[];
  /** Whole numbers that stand one by one; else they are in `data`. */
  readonly integers: readonly number[];
  /** Whether the numbers are in another file. */
  readonly external: boolean;
}

export interface AttributeProto {
  readonly name: string;
  readonly float?: number | undefined;
  readonly integer?: number | undefined;
  readonly text?: string | undefined;
  readonly tensor?: TensorProto | undefined;
  readonly floats: readonly number[];
  readonly integers: readonly number[];
  readonly texts: readonly string[];
}

export interface NodeProto {
  readonly name: string;
  /** The operator's name: `LSTM`. */
  readonly operator: string;
  /** Empty for ONNX's own operators. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly AttributeProto[];
}

/** An input or output of a graph. A dimension with a name is any number. */
export interface ValueProto {
  readonly name: string;
  readonly type: number;
  readonly shape: readonly (number | string)[];
}

export interface GraphProto {
  readonly name: string;
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
  readonly inputs: readonly ValueProto[];
  readonly outputs: readonly ValueProto[];
}

export interface ModelProto {
  /** The version of the file format. */
  readonly format: number;
  /** The version of ONNX's own operators. */
  readonly operators: number;
  readonly producer: string;
  readonly graph: GraphProto;
  readonly metadata: ReadonlyMap<string, string>;
}
