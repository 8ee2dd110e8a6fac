import type { Arena } from '../kernel/arena.ts';
import { type Address, type Kernels, packedSize } from '../kernel/contract.ts';
import type { Range } from '../kernel/team.ts';
import type { Parameter } from './parameters.ts';

/**
 * The part of a tensor that is a matrix W [rows, columns]. It begins `offset` numbers after the tensor's start, and its rows are `stride`
 * numbers apart. With `transposed`, the part of the tensor is M [columns, rows], and W is Mᵀ.
 */
export interface WeightPart {
  readonly parameter: Parameter;
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  readonly offset?: number;
  readonly transposed?: boolean;
}

/** What has copies of parameters that products read. The copies are renewed each time that the parameters have changed. */
export interface Packed {
  /** Tasks that together renew the copies. Any thread may do any task. */
  readonly packing: readonly ((k: Kernels) => void)[];
}

/**
 * A weight matrix W [rows, columns], with packed copies: W for the forward pass and, in training, Wᵀ for the backward pass.
 */
export class Weight implements Packed {
  readonly #part: WeightPart;
  readonly #packed: Address;
  readonly #packedTransposed: Address;
  readonly packing: Packed['packing'];

  constructor(arena: Arena, part: WeightPart, training: boolean) {
    const { parameter, rows, columns, stride, offset = 0, transposed } = part;
    this.#part = part;
    this.#packed = arena.float(packedSize(rows, columns));
    this.#packedTransposed = training ? arena.float(packedSize(columns, rows)) : 0;
    const value = parameter.value + offset;
    const [as, opposite] = transposed ? (['packTransposed', 'pack'] as const) : (['pack', 'packTransposed'] as const);
    const pack = (k: Kernels): void => k[as](this.#packed, value, rows, columns, stride);
    const packTransposed = (k: Kernels): void => k[opposite](this.#packedTransposed, value, columns, rows, stride);
    this.packing = training ? [pack, packTransposed] : [pack];
  }

  /** The numbers of an input. */
  get rows(): number {
    return this.#part.rows;
  }

  /** out [m, columns] += a [m, rows] · W. */
  forward(k: Kernels, out: Address, a: Address, m: number, strideOut: number, strideA: number): void {
    this.#forward(k, out, out, a, m, strideOut, strideOut, strideA);
  }

  /** out [m, columns] ← row + a [m, rows] · W, `row` being [columns]. */
  forwardFrom(k: Kernels, out: Address, row: Address, a: Address, m: number, strideOut: number, strideA: number): void {
    this.#forward(k, out, row, a, m, strideOut, 0, strideA);
  }

  /** da [m, rows] += dOut [m, columns] · Wᵀ. */
  backward(k: Kernels, da: Address, dOut: Address, m: number, strideA: number, strideOut: number): void {
    this.#backward(k, da, da, dOut, m, strideA, strideA, strideOut);
  }

  /** da [m, rows] ← row + dOut [m, columns] · Wᵀ, `row` being [rows]. */
  backwardFrom(
    k: Kernels,
    da: Address,
    row: Address,
    dOut: Address,
    m: number,
    strideA: number,
    strideOut: number,
  ): void {
    this.#backward(k, da, row, dOut, m, strideA, 0, strideOut);
  }

  /**
   * dW[:, start … end) += aᵀ · dOut for the columns start … end, summed over a range of the positions of a [·, rows] and of dOut. The address of
   * dOut is that of the column `start`.
   *
   * Where W is Mᵀ, the columns are those of M: dM[:, start … end) += dOutᵀ · a. Then the address of a is that of the column `start`.
   */
  gradient(
    k: Kernels,
    a: Address,
    dOut: Address,
    positions: Range,
    { start, end }: Range,
    strideA: number,
    strideOut: number,
  ): void {
    const { parameter, rows, columns, stride, offset = 0, transposed } = this.#part;
    const out = parameter.gradient + offset + start;
    const x = a + positions.start * strideA;
    const d = dOut + positions.start * strideOut;
    const [n, count] = [end - start, positions.end - positions.start];
    if (transposed) k.multiplyTransposed(out, d, x, columns, n, count, stride, strideOut, strideA);
    else k.multiplyTransposed(out, x, d, rows, n, count, stride, strideA, strideOut);
  }

  #forward(
    k: Kernels,
    out: Address,
    start: Address,
    a: Address,
    m: number,
    strideOut: number,
    strideStart: number,
    strideA: number,
  ): void {
    const { rows, columns } = this.#part;
    k.multiply(out, start, a, this.#packed, m, columns, rows, strideOut, strideStart, strideA);
  }

  #backward(
    k: Kernels,
    da: Address,
    start: Address,
    dOut: Address,
    m: number,
    strideA: number,
    strideStart: number,
    strideOut: number,
  ): void {
    const { rows, columns } = this.#part;
    k.multiply(da, start, dOut, this.#packedTransposed, m, rows, columns, strideA, strideStart, strideOut);
  }
}
