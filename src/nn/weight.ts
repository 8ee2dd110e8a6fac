import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Parameter } from './parameters.ts';

/** Kernels pack in panels of at most so many columns; the last is filled up with zeros. */
const PANEL_COLUMNS = 16;

/** Which columns of which matrix: W is [rows, stride], of which `columns` from `first` on are meant. */
export interface WeightPart {
  readonly parameter: Parameter;
  readonly rows: number;
  readonly stride: number;
  readonly first: number;
  readonly columns: number;
}

/**
 * A weight matrix W [rows, columns], maybe some columns of a wider one, with the packed copies that products read: W for
 * the forward direction and, in training, Wᵀ for the backward. Copies are made once for each change of the parameters.
 */
export class Weight {
  readonly #part: WeightPart;
  readonly #packed: Address;
  readonly #packedTransposed: Address;
  /** Tasks that together bring the packed copies up to date; any thread may take any. */
  readonly packing: readonly ((k: Kernels) => void)[];

  constructor(arena: Arena, part: WeightPart, training: boolean) {
    const { parameter, rows, columns, stride, first } = part;
    this.#part = part;
    this.#packed = arena.float(packedCapacity(rows, columns));
    this.#packedTransposed = training ? arena.float(packedCapacity(columns, rows)) : 0;
    const value = parameter.value + first;
    const pack = (k: Kernels): void => k.pack(this.#packed, value, rows, columns, stride);
    const packTransposed = (k: Kernels): void => k.packTransposed(this.#packedTransposed, value, columns, rows, stride);
    this.packing = training ? [pack, packTransposed] : [pack];
  }

  /** out [m, columns] += a [m, rows] · W. */
  forward(k: Kernels, out: Address, a: Address, m: number, strideOut: number, strideA: number): void {
    k.multiply(out, a, this.#packed, m, this.#part.columns, this.#part.rows, strideOut, strideA);
  }

  /** da [m, rows] += dOut [m, columns] · Wᵀ. */
  backward(k: Kernels, da: Address, dOut: Address, m: number, strideA: number, strideOut: number): void {
    k.multiply(da, dOut, this.#packedTransposed, m, this.#part.rows, this.#part.columns, strideA, strideOut);
  }

  /** dW[:, first + start … first + end) += aᵀ · dOut, over `count` rows of a [count, rows] and of dOut, whose first column is `start`'s. */
  gradient(
    k: Kernels,
    a: Address,
    dOut: Address,
    count: number,
    range: { readonly start: number; readonly end: number },
    strideA: number,
    strideOut: number,
  ): void {
    const { parameter, rows, stride, first } = this.#part;
    const out = parameter.gradient + first + range.start;
    k.multiplyTransposed(out, a, dOut, rows, range.end - range.start, count, stride, strideA, strideOut);
  }
}

function packedCapacity(rows: number, columns: number): number {
  return rows * Math.ceil(columns / PANEL_COLUMNS) * PANEL_COLUMNS;
}
