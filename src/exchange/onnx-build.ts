import { floatBytes } from './numbers.ts';
import { type AttributeProto, DATA_TYPES, type NodeProto, type TensorProto, type ValueProto } from './onnx-proto.ts';

/** Collects what a graph is made of. */
export class GraphBuilder {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  readonly inputs: ValueProto[] = [];
  readonly outputs: ValueProto[] = [];

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

  floats(name: string, shape: readonly number[], values: Float32Array): string {
    const tensor = { name, shape, type: DATA_TYPES.float32, data: [floatBytes(values)], integers: [], external: false };
    this.initializers.push(tensor);
    return name;
  }

  integers(name: string, values: readonly number[], shape: readonly number[] = [values.length]): string {
    if (this.initializers.some((each) => each.name === name)) return name;
    this.initializers.push({ name, shape, type: DATA_TYPES.int64, data: [], integers: values, external: false });
    return name;
  }
}

/** An attribute of an operator. */
export function attribute(name: string, value: Partial<AttributeProto>): AttributeProto {
  return { name, floats: [], integers: [], texts: [], ...value };
}
