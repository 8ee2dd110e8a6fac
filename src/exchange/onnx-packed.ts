import type { ModelConfig } from '../nn/config.ts';
import type { TensorView } from '../nn/parameters.ts';
import { layoutOf, toOurs, toTheirs } from './layout.ts';

/**
 * A tensor of an ONNX file, and the tensors of a network whose numbers it has. It is the one description of this: export writes by it, and import
 * reads by it.
 */
export interface PackedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** What stands in it, and at which of its numbers each begins. The numbers that belong to no part are 0. */
  readonly parts: readonly { readonly start: number; readonly view: TensorView }[];
}

/** How many numbers a packed tensor has. */
export function sizeOf({ shape }: Pick<PackedTensor, 'shape'>): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The numbers of a packed tensor. */
export function pack(tensor: PackedTensor, parameters: Float32Array, config: ModelConfig): Float32Array {
  const values = new Float32Array(sizeOf(tensor));
  for (const { start, view } of tensor.parts) {
    const ours = parameters.subarray(view.offset, view.offset + view.size);
    values.set(view.gates ? toTheirs(ours, view.gates, config.hidden, layoutOf('ONNX', config.cell)) : ours, start);
  }
  return values;
}

/** Puts the numbers of a packed tensor into the flat buffer: undoes `pack`, to the bit. Returns whether all numbers outside its parts are 0. */
export function unpack(
  { parts }: PackedTensor,
  values: Float32Array,
  parameters: Float32Array,
  config: ModelConfig,
): boolean {
  let end = 0;
  let isZeroBetween = true;
  for (const { start, view } of parts) {
    const theirs = values.subarray(start, start + view.size);
    const ours = view.gates ? toOurs(theirs, view.gates, config.hidden, layoutOf('ONNX', config.cell)) : theirs;
    parameters.set(ours, view.offset);
    isZeroBetween &&= isZero(values.subarray(end, start));
    end = start + view.size;
  }
  return isZeroBetween && isZero(values.subarray(end));
}

function isZero(values: Float32Array): boolean {
  return values.every((value) => value === 0);
}
