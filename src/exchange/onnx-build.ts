import { floatBytes } from './numbers.ts';
import type { PackedTensor } from './onnx-packed.ts';
import {
  type AttributeProto,
  DATA_TYPES,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueProto,
} from './onnx-proto.ts';

/** Collects what a graph is made of, but for the numbers of the model. */
export class GraphBuilder {
  readonly nodes: NodeProto[] = [];
  /** Tensors that hold the model's numbers. */
  readonly weights: PackedTensor[] = [];
  readonly inputs: ValueProto[] = [];
  readonly outputs: ValueProto[] = [];
  readonly #constants = new Map<string, TensorProto>();

  /** Tensors that are the same whatever the model has learned. */
  get constants(): readonly TensorProto[] {
    return [...this.#constants.values()];
  }

  /** Adds an operator, which is called as its first output, and returns that name. */
  node(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: readonly AttributeProto[] = [],
  ): string {
    this.nodes.push({ name: outputs[0]!, operator, domain: '', inputs, outputs, attributes });
    return outputs[0]!;
  }

  /** Adds an input of floats. */
  input(name: string, shape: ValueProto['shape']): string {
    this.inputs.push({ name, type: DATA_TYPES.float32, shape });
    return name;
  }

  /** Adds an output of floats. An operator must make a value of this name, or `value` be given, which is handed on under this name. */
  output(name: string, shape: ValueProto['shape'], value?: string): void {
    this.outputs.push({ name, type: DATA_TYPES.float32, shape });
    if (value !== undefined) this.node('Identity', [value], [name]);
  }

  weight(tensor: PackedTensor): string {
    this.weights.push(tensor);
    return tensor.name;
  }

  floats(name: string, values: Float32Array): string {
    const data = [floatBytes(values)];
    return this.#constant({ name, shape: [values.length], type: DATA_TYPES.float32, data, integers: [] });
  }

  integers(name: string, values: readonly number[]): string {
    return this.#constant({ name, shape: [values.length], type: DATA_TYPES.int64, data: [], integers: values });
  }

  /** The graph, with the tensors that hold the model's numbers. */
  build(weights: readonly TensorProto[]): GraphProto {
    const { nodes, inputs, outputs } = this;
    return { name: 'charnn', nodes, initializers: [...this.constants, ...weights], inputs, outputs };
  }

  /** Constants of one name are equal: several networks of an ensemble may need them. */
  #constant(tensor: Omit<TensorProto, 'external'>): string {
    this.#constants.set(tensor.name, { ...tensor, external: false });
    return tensor.name;
  }
}

/** An attribute of an operator. */
export function attribute(name: string, value: Partial<AttributeProto>): AttributeProto {
  return { name, floats: [], integers: [], texts: [], ...value };
}
