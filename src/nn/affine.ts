import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Range } from '../kernel/team.ts';
import type { Parameter, SymbolRows } from './parameters.ts';
import type { Reading } from './signal.ts';
import { SymbolProducts } from './symbol-products.ts';
import { type Packed, Weight } from './weight.ts';
import type { Zeros } from './zeros.ts';

/** What a layer may read: symbols as one-hot rows, or a signal. */
export type Input = SymbolInput | Reading;

/** int [T][B] ids of symbols, each below `symbols`. */
export interface SymbolInput {
  readonly ids: Address;
  readonly symbols: number;
  /** Whose symbols they are: those of the source of pairs, or, if it is not given, those that the model predicts. */
  readonly vocabulary?: 'source' | 'target';
}

/** D: the numbers in a row of an input. The matrix that multiplies the input has D rows. */
export function inputWidth(input: Input): number {
  return 'ids' in input ? input.symbols : input.signal.width;
}

/** The rows of the matrix that multiplies some inputs which symbols pick: the first ones, if the first input is symbols. */
export function symbolRowsOf([first]: readonly Input[]): SymbolRows | undefined {
  return first && 'ids' in first ? { vocabulary: first.vocabulary ?? 'target', count: first.symbols } : undefined;
}

export interface AffinePlan {
  readonly arena: Arena;
  readonly zeros: Zeros;
  readonly training: boolean;
  readonly inputs: readonly Input[];
  /** N: the numbers in a row of the output. */
  readonly outputs: number;
  /** W [Σ D_i, N]: the rows for the first input come first. */
  readonly weight: Parameter;
  /** Whether `weight` holds Wᵀ [N, D] instead. There is one input then. */
  readonly transposed?: boolean;
  /** b [N]; there is none if it is not given. */
  readonly bias?: Parameter | undefined;
}

/**
 * y = b + Σ_i x_i W_i over the inputs x_i [·][D_i]. Each input has its own rows of one matrix W, as if all inputs stood side by side in one row.
 * A one-hot input is never multiplied: the forward pass gathers the row of W that the symbol picks, and the gradient is scattered back to it.
 * The first input may be that of an embedding. Then the forward pass may gather rows, too: those of the products of all symbols.
 */
export class Affine {
  /** The matrices of the inputs that are multiplied: of all but one-hot inputs. */
  readonly weights: readonly Packed[];
  readonly #plan: AffinePlan;
  readonly #terms: readonly Term[];
  /** What sums start from: b, or zeros. */
  readonly #start: Address;
  /** The terms in reverse order: that is the order in which the readers of one signal contribute to its gradient. */
  readonly #backwardTerms: readonly Term[];

  constructor(plan: AffinePlan) {
    const { arena, inputs, outputs, weight, training, transposed } = plan;
    let row = 0;
    this.#plan = plan;
    this.#start = plan.bias?.value ?? plan.zeros.row(outputs);
    this.#terms = inputs.map((input, index): Term => {
      const offset = row * outputs;
      const rows = inputWidth(input);
      row += rows;
      if ('ids' in input) return { ids: input.ids, offset };
      const stride = transposed ? rows : outputs;
      const part = { parameter: weight, rows, columns: outputs, stride, offset, transposed: transposed ?? false };
      const matrix = new Weight(arena, part, training);
      const { embedded } = input.signal;
      const products =
        index === 0 && embedded && SymbolProducts.isWorthwhile(embedded, outputs, training)
          ? new SymbolProducts(arena, matrix, embedded, this.#start, outputs)
          : undefined;
      return { reading: input, weight: matrix, zeros: plan.zeros.row(rows), products };
    });
    this.#backwardTerms = this.#terms.toReversed();
    this.weights = this.#terms.flatMap((term) => ('weight' in term ? [term.products ?? term.weight] : []));
  }

  /** out [count][N] ← y for the positions first … first + count − 1 of the [T·B]. */
  forward(k: Kernels, out: Address, first: number, count: number): void {
    const { outputs, weight } = this.#plan;
    for (const [index, term] of this.#terms.entries()) {
      if ('ids' in term) {
        if (index > 0) throw new RangeError('symbols must be the first input of a layer');
        k.gatherRows(out, weight.value + term.offset, term.ids + first, this.#start, count, outputs);
        continue;
      }
      const { values, width } = term.reading.signal;
      const x = values + first * width;
      if (term.products) term.products.forward(k, out, first, count);
      else if (index === 0) term.weight.forwardFrom(k, out, this.#start, x, count, outputs, width);
      else term.weight.forward(k, out, x, count, outputs, width);
    }
  }

  /** Contributes to ∂L/∂x_i of the same positions, given ∂L/∂y [count][N] at `dOut`. */
  backward(k: Kernels, dOut: Address, first: number, count: number): void {
    for (const term of this.#backwardTerms) {
      if ('ids' in term) continue;
      const { signal, addsGradient } = term.reading;
      const dx = signal.gradients + first * signal.width;
      if (addsGradient()) term.weight.backward(k, dx, dOut, count, signal.width, this.#plan.outputs);
      else term.weight.backwardFrom(k, dx, term.zeros, dOut, count, signal.width, this.#plan.outputs);
    }
  }

  /**
   * Adds to the gradients of W and b, in the columns `columns`, the sums over a range of the [T·B] positions, given ∂L/∂y [T·B][N] at `dOut`.
   * Where the weight is transposed, the columns of Wᵀ are the numbers of the input, and those in `transposedColumns` are added to.
   */
  weightGradients(
    k: Kernels,
    dOut: Address,
    columns: Range,
    positions: Range,
    transposedColumns: Range = columns,
  ): void {
    const { outputs, weight, bias, transposed } = this.#plan;
    const { start: first } = positions;
    const count = positions.end - first;
    const n = columns.end - columns.start;
    const d = dOut + columns.start;
    const dFirst = d + first * outputs;
    for (const term of this.#terms) {
      if ('ids' in term) {
        const table = weight.gradient + term.offset + columns.start;
        k.scatterRows(table, dFirst, term.ids + first, count, n, outputs, outputs);
        continue;
      }
      const { values, width } = term.reading.signal;
      if (transposed) {
        term.weight.gradient(k, values + transposedColumns.start, dOut, positions, transposedColumns, width, outputs);
      } else {
        term.weight.gradient(k, values, d, positions, columns, width, outputs);
      }
    }
    if (bias) k.sumRows(bias.gradient + columns.start, dFirst, count, n, outputs);
  }
}

/** An input, and its rows of the matrix. */
type Term =
  | { readonly ids: Address; readonly offset: number }
  | {
      readonly reading: Reading;
      readonly weight: Weight;
      readonly zeros: Address;
      /** Where the rows of the input are those of symbols, and their products are made beforehand. */
      readonly products: SymbolProducts | undefined;
    };
