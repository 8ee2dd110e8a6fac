import { norm } from './norm.ts';

/** A square matrix, [size][size], row by row. */
export interface SquareMatrix {
  readonly size: number;
  readonly values: Float64Array;
}

const TOLERANCE = 1e-7;
const MOST_ITERATIONS = 300;

/** The share of every direction in the start vector. Power iteration can't find a direction at right angles to its start. */
const FRESH = 0.1;

/**
 * ‖A‖₂, the largest singular value, by power iteration on AᵀA (Golub & Van Loan 2013, §8.2). The result approaches ‖A‖₂ from below. This is
 * for a long sequence of similar matrices, where a full decomposition of each would take a hundred times as long.
 *
 * @param start the vector to start from, such as the `vector` of a similar matrix
 */
export function spectralNorm(
  { size, values }: SquareMatrix,
  start?: Float64Array,
): { readonly norm: number; readonly vector: Float64Array } {
  let vector = normalized(
    Float64Array.from({ length: size }, (_, j) => (start?.[j] ?? 0) + FRESH * Math.cos(j * j + 1)),
  );
  let largest = 0;
  // The squares of a product over many steps may be too small to represent, so the matrix is first scaled to 1.
  const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (scale === 0) return { norm: 0, vector };
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const image = multiply(values, vector, size, scale);
    const before = largest;
    largest = norm(image);
    if (largest === 0) break;
    vector = normalized(multiplyTransposed(values, image, size, scale));
    if (Math.abs(largest - before) <= TOLERANCE * largest) break;
  }
  return { norm: largest * scale, vector };
}

function multiply(values: Float64Array, vector: Float64Array, size: number, scale: number): Float64Array {
  const out = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += values[i * size + j]! * vector[j]!;
    out[i] = sum / scale;
  }
  return out;
}

function multiplyTransposed(values: Float64Array, vector: Float64Array, size: number, scale: number): Float64Array {
  const out = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const factor = vector[i]! / scale;
    for (let j = 0; j < size; j++) out[j]! += values[i * size + j]! * factor;
  }
  return out;
}

function normalized(vector: Float64Array): Float64Array {
  const length = norm(vector);
  return length > 0 ? vector.map((value) => value / length) : vector;
}
