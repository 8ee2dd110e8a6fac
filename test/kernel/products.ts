import { type Kernels, packedSize } from '../../src/kernel/contract.ts';
import { generators } from './cases.ts';
import type { Addresses, Operands, Subject } from './subjects.ts';
import { difference, oracle, run } from './subjects.ts';

/** The sizes m, n and k of a product, and by how many numbers each matrix's stride exceeds its row. */
export interface Shape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly padC: number;
  readonly padA: number;
  readonly padB: number;
}

/** A way to call a product. */
export interface Product {
  readonly name: string;
  operands(kernels: Kernels, shape: Shape, seed: number): Operands;
  call(kernels: Kernels, at: Addresses, shape: Shape): void;
}

/** C, A and B, and two operands that the sums may start from instead of C: a row, and a matrix with the stride of B. */
function productOperands(_kernels: Kernels, { m, n, k, padC, padA, padB }: Shape, seed: number): Operands {
  const [floats] = generators(seed);
  return {
    c: floats(m * (n + padC)),
    row: floats(n),
    start: floats(m * (n + padB)),
    a: floats(m * (k + padA)),
    b: floats(k * (n + padB)),
    packed: new Float32Array(packedSize(k, n)),
  };
}

export const PRODUCTS: Product[] = [
  {
    name: 'multiply',
    operands: productOperands,
    call(kernels, at, { m, n, k, padC, padA, padB }) {
      kernels.pack(at.packed!, at.b!, k, n, n + padB);
      kernels.multiply(at.c!, at.c!, at.a!, at.packed!, m, n, k, n + padC, n + padC, k + padA);
    },
  },
  {
    name: 'multiply by a transposed matrix',
    operands(_kernels, { m, n, k, padC, padA, padB }, seed) {
      const [floats] = generators(seed);
      return {
        c: floats(m * (n + padC)),
        a: floats(m * (k + padA)),
        b: floats(n * (k + padB)),
        packed: new Float32Array(packedSize(k, n)),
      };
    },
    call(kernels, at, { m, n, k, padC, padA, padB }) {
      kernels.packTransposed(at.packed!, at.b!, k, n, k + padB);
      kernels.multiply(at.c!, at.c!, at.a!, at.packed!, m, n, k, n + padC, n + padC, k + padA);
    },
  },
  {
    name: 'multiply, starting from one row',
    operands: productOperands,
    call(kernels, at, { m, n, k, padC, padA, padB }) {
      kernels.pack(at.packed!, at.b!, k, n, n + padB);
      kernels.multiply(at.c!, at.row!, at.a!, at.packed!, m, n, k, n + padC, 0, k + padA);
    },
  },
  {
    name: 'multiply, starting elsewhere',
    operands: productOperands,
    call(kernels, at, { m, n, k, padC, padA, padB }) {
      kernels.pack(at.packed!, at.b!, k, n, n + padB);
      kernels.multiply(at.c!, at.start!, at.a!, at.packed!, m, n, k, n + padC, n + padB, k + padA);
    },
  },
  {
    name: 'multiplyTransposed',
    operands(_kernels, { m, n, k, padC, padA, padB }, seed) {
      const [floats] = generators(seed);
      return { c: floats(m * (n + padC)), a: floats(k * (m + padA)), b: floats(k * (n + padB)) };
    },
    call(kernels, at, { m, n, k, padC, padA, padB }) {
      kernels.multiplyTransposed(at.c!, at.a!, at.b!, m, n, k, n + padC, m + padA, n + padB);
    },
  },
];

/** C after `product` has run on `subject`. */
export function productOn(subject: Subject, product: Product, shape: Shape, seed = 1): Float64Array {
  const operands = product.operands(subject.kernels, shape, seed);
  return run(subject, operands, (kernels, at) => product.call(kernels, at, shape)).c!;
}

/**
 * Says where the product on `subject` differs too much from the oracle's. Rounding in float32 allows an error of
 * (k + 1) · 2⁻²⁴ · (|C| + |A|·|B|), in whatever order a sum is taken.
 */
export function productError(subject: Subject, product: Product, shape: Shape, seed = 1): string | undefined {
  const actual = productOn(subject, product, shape, seed);
  const expected = productOn(oracle, product, shape, seed);
  const operands = product.operands(oracle.kernels, shape, seed);
  for (const [name, operand] of Object.entries(operands)) operands[name] = operand.map(Math.abs);
  const bound = run(oracle, operands, (kernels, at) => product.call(kernels, at, shape)).c!;
  const wrong = difference(actual, expected, (i) => (shape.k + 1) * 2 ** -24 * bound[i]!);
  return wrong && `${product.name} ${JSON.stringify(shape)} on ${subject.name}: C${wrong}`;
}
