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

/** The pass that products are made for: the forward pass multiplies by W, and the backward pass by Wᵀ. */
export type PassDirection = 'forward' | 'backward';

/** What has copies of parameters that products read. They are made anew before each pass, for the parameters may have changed. */
export interface Packed {
  /** Makes the copies that a pass reads, if `isOwn`. Each thread calls this before each pass, and one of them makes the copies. */
  pack(k: Kernels, direction: PassDirection, isOwn: boolean): void;
}

/**
 * A weight matrix W [rows, columns], with the packed copy that products read. It is a copy of W in the forward pass, and of Wᵀ in the backward
 * pass: one place in memory serves both.
 */
export class Weight implements Packed {
  readonly #part: WeightPart;
  readonly #packed: Address;
  /** What the packed copy is made for. */
  #packedFor: PassDirection | undefined;

  constructor(arena: Arena, part: WeightPart, training: boolean) {
    const { rows, columns } = part;
    const size = packedSize(rows, columns);
    this.#part = part;
    this.#packed = arena.float(training ? Math.max(size, packedSize(columns, rows)) : size);
  }

  pack(k: Kernels, direction: PassDirection, isOwn: boolean): void {
    this.#packedFor = direction;
    if (!isOwn) return;
    const { parameter, rows, columns, stride, offset = 0, transposed = false } = this.#part;
    const value = parameter.value + offset;
    const isForward = direction === 'forward';
    const [height, width] = isForward ? [rows, columns] : [columns, rows];
    k[isForward === transposed ? 'packTransposed' : 'pack'](this.#packed, value, height, width, stride);
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
    this.#requirePackedFor('forward');
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
    this.#requirePackedFor('backward');
    k.multiply(da, start, dOut, this.#packed, m, rows, columns, strideA, strideStart, strideOut);
  }

  #requirePackedFor(direction: PassDirection): void {
    if (this.#packedFor !== direction) throw new RangeError(`the weights must be packed for the ${direction} pass`);
  }
}
