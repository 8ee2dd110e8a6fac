import type { Arena } from '../kernel/arena.ts';
import { type Address, type Kernels, NONE, packedSize } from '../kernel/contract.ts';
import { GRAIN, share, type Team } from '../kernel/team.ts';
import type { BatchShape } from './batch.ts';
import type { Parameter, TensorSource } from './parameters.ts';
import type { Reading } from './signal.ts';
import type { Zeros } from './zeros.ts';

/** How well a query and a key fit, for all steps of one batch row. Gradients are those of rows that score their own keys. */
export interface Score {
  /** [T][B][A]. */
  readonly queries: Reading;
  /** [S][B][A]. */
  readonly keys: Reading;
  /** Prepares the first `length` keys of a row for `forward`, once for all steps that are scored. */
  prepare(k: Kernels, row: number, length: number): void;
  /** scores [T][S] ← those of each query of a row and each of the first `length` keys of the row `source`. */
  forward(k: Kernels, scores: Address, row: number, source: number, steps: number, length: number): void;
  /**
   * Adds to the gradients of the queries and keys of a row, given the gradient of its scores. It is called for every row, with a length of 0
   * where a row of a small batch has no source: what the row had in the batch before counts no more.
   */
  backward(k: Kernels, dScores: Address, row: number, steps: number, length: number): void;
  /** Adds this thread's share of the gradient of each tensor. */
  weightGradients(k: Kernels, team: Team): void;
}

/** What a score is made of. Queries and keys are equally wide: A numbers. */
export interface ScorePlan {
  readonly arena: Arena;
  readonly zeros: Zeros;
  readonly shape: BatchShape & { readonly sourceSteps: number };
  readonly queries: Reading;
  readonly keys: Reading;
}

/** The dot product of query and key: e_t,i = q_t · k_i (Luong et al. 2015). */
export class DotScore implements Score {
  readonly queries: Reading;
  readonly keys: Reading;
  readonly #plan: ScorePlan;
  /** [B] a packed copy of each row's keys. */
  readonly #packed: Address;
  readonly #packedSize: number;
  readonly #zeros: Address;

  constructor(plan: ScorePlan) {
    const { arena, zeros, shape, queries, keys } = plan;
    const { width } = keys.signal;
    const S = shape.sourceSteps;
    this.queries = queries;
    this.keys = keys;
    this.#plan = plan;
    this.#packedSize = Math.max(packedSize(S, width), packedSize(width, S));
    this.#packed = arena.float(shape.rows * this.#packedSize);
    this.#zeros = zeros.row(S);
  }

  prepare(k: Kernels, row: number, length: number): void {
    const { values, width } = this.keys.signal;
    const packed = this.#packed + row * this.#packedSize;
    k.packTransposed(packed, values + row * width, width, length, this.#plan.shape.rows * width);
  }

  forward(k: Kernels, scores: Address, row: number, source: number, steps: number, length: number): void {
    const { shape } = this.#plan;
    const { values: q, width } = this.queries.signal;
    const stride = shape.rows * width;
    const packed = this.#packed + source * this.#packedSize;
    k.multiply(scores, this.#zeros, q + row * width, packed, steps, length, width, shape.sourceSteps, 0, stride);
  }

  backward(k: Kernels, dScores: Address, row: number, steps: number, length: number): void {
    const { shape } = this.#plan;
    const S = shape.sourceSteps;
    const { values: q, gradients: dq, width } = this.queries.signal;
    const { values: keys, gradients: dKeys } = this.keys.signal;
    const at = row * width;
    const stride = shape.rows * width;
    const packed = this.#packed + row * this.#packedSize;
    k.pack(packed, keys + at, length, width, stride);
    k.multiply(dq + at, dq + at, dScores, packed, steps, width, length, stride, stride, S);
    k.multiplyTransposed(dKeys + at, dScores, q + at, length, width, steps, stride, S, stride);
  }

  /** Nothing: there are no tensors. */
  weightGradients(): void {}
}

/** A network of one layer over query and key: e_t,i = vᵀ tanh(q_t + k_i) (Bahdanau et al. 2015), where q = W h + b and k = U s. */
export class AdditiveScore implements Score {
  readonly queries: Reading;
  readonly keys: Reading;
  readonly #plan: ScorePlan;
  /** v [A]. */
  readonly #vector: Parameter;
  /** [B][A] each row's contribution to ∂L/∂v. */
  readonly #dVector: Address;

  constructor(plan: ScorePlan, tensors: TensorSource) {
    const { arena, shape, queries, keys } = plan;
    const { width } = keys.signal;
    this.queries = queries;
    this.keys = keys;
    this.#plan = plan;
    this.#vector = tensors.tensor({ name: 'attention.vector', shape: [width], role: 'input' });
    this.#dVector = shape.training ? arena.float(shape.rows * width) : NONE;
  }

  /** Nothing: keys are read as they are. */
  prepare(): void {}

  forward(k: Kernels, scores: Address, row: number, source: number, steps: number, length: number): void {
    const { rows, sourceSteps } = this.#plan.shape;
    const { values: q, width } = this.queries.signal;
    const keys = this.keys.signal.values + source * width;
    k.additiveScores(
      scores,
      q + row * width,
      keys,
      this.#vector.value,
      steps,
      length,
      width,
      sourceSteps,
      rows * width,
    );
  }

  backward(k: Kernels, dScores: Address, row: number, steps: number, length: number): void {
    const { rows, sourceSteps } = this.#plan.shape;
    const { values: q, gradients: dq, width } = this.queries.signal;
    const { values: keys, gradients: dKeys } = this.keys.signal;
    const at = row * width;
    const dVector = this.#dVector + at;
    const v = this.#vector.value;
    k.fill(dVector, 0, width);
    k.additiveScoresBackward(
      dq + at,
      dKeys + at,
      dVector,
      dScores,
      q + at,
      keys + at,
      v,
      steps,
      length,
      width,
      sourceSteps,
      rows * width,
    );
  }

  weightGradients(k: Kernels, team: Team): void {
    const { width } = this.keys.signal;
    const { start, end } = share(team, width, GRAIN);
    k.sumRows(this.#vector.gradient + start, this.#dVector + start, this.#plan.shape.rows, end - start, width);
  }
}
