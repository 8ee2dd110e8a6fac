/** A named tensor of a file. */
export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Its numbers, row by row: read or converted when they are asked for. */
  readonly values: () => Float32Array;
}

/** What a file of tensors holds. */
export interface TensorFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Tensors that are no floating-point numbers: their kind, by their name. */
  readonly others: ReadonlyMap<string, string>;
  /** What was converted, in a sentence each. */
  readonly notes: readonly string[];
}

/** How a tensor is shown in a message: `weight_hh_l0 [512, 128]`. */
export function shown({ name, shape }: Pick<Tensor, 'name' | 'shape'>): string {
  return `${name} [${shape.join(', ')}]`;
}
