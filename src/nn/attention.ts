import type { Arena } from '../kernel/arena.ts';
import { type Address, type Kernels, NONE, packedSize } from '../kernel/contract.ts';
import type { Team } from '../kernel/team.ts';
import type { BatchShape, Pass } from './batch.ts';
import type { Module } from './module.ts';
import type { Score } from './score.ts';
import { type Reading, Signal } from './signal.ts';
import type { State } from './state.ts';
import type { Weight } from './weight.ts';
import type { Zeros } from './zeros.ts';

export interface AttentionPlan {
  readonly arena: Arena;
  readonly zeros: Zeros;
  readonly shape: BatchShape & { readonly sourceSteps: number };
  readonly score: Score;
  /** What is mixed: signals over the source. */
  readonly memory: readonly Signal[];
  /** int [B] the number of source symbols of each row. */
  readonly lengths: Address;
}

/**
 * Attention (Bahdanau et al. 2015), in the place where Luong et al. (2015) have it, after the decoder's recurrence. For every step t of a row,
 *
 *     e_t,i = score(q_t, k_i),  α_t = softmax(e_t) over the source symbols i,  c_t = Σ_i α_t,i m_i
 *
 * A row attends to its own source alone, so it needs no other row. What lies behind the end of a source is never read.
 */
export class Attention implements Module {
  readonly states: readonly State[] = [];
  readonly weights: readonly Weight[] = [];
  /** c of every step, one signal for each signal of the memory. */
  readonly outputs: readonly Signal[];
  /** [B][T][S] α, of which the first numbers of a row are those of its source symbols. */
  readonly probabilities: Address;
  readonly #plan: AttentionPlan;
  readonly #memory: readonly Reading[];
  /** [B][T][S] gradients of α, then of e. */
  readonly #gradients: Address;
  /** [B] a packed copy of each row's memory, for products. */
  readonly #packed: Address;
  readonly #packedSize: number;

  constructor(plan: AttentionPlan) {
    const { arena, shape, memory, zeros } = plan;
    const { steps, sourceSteps, rows, training } = shape;
    const widest = Math.max(...memory.map(({ width }) => width));
    this.#plan = plan;
    this.#memory = memory.map((signal) => signal.read());
    this.outputs = memory.map(({ width }) => Signal.allocate(arena, shape, width));
    this.probabilities = arena.float(rows * steps * sourceSteps);
    this.#gradients = training ? arena.float(rows * steps * sourceSteps) : NONE;
    this.#packedSize = Math.max(packedSize(sourceSteps, widest), packedSize(widest, sourceSteps));
    this.#packed = arena.float(rows * this.#packedSize);
    for (const { width } of memory) zeros.row(width);
    zeros.row(sourceSteps);
  }

  forward(k: Kernels, { rows, steps }: Pass): void {
    const { score, shape, lengths, zeros } = this.#plan;
    const S = shape.sourceSteps;
    for (let row = rows.start; row < rows.end; row++) {
      const length = k.ints[lengths + row]!;
      const a = this.#ofRow(this.probabilities, row);
      if (length > 0) score.forward(k, a, row, steps, length);
      k.softmaxForward(a, steps, length, S);
      for (const [index, { signal }] of this.#memory.entries()) {
        const { width } = signal;
        const stride = shape.rows * width;
        const c = this.outputs[index]!.values + row * width;
        if (length === 0) {
          for (let step = 0; step < steps; step++) k.fill(c + step * stride, 0, width);
          continue;
        }
        const packed = this.#packed + row * this.#packedSize;
        k.pack(packed, signal.values + row * width, length, width, stride);
        k.multiply(c, zeros.row(width), a, packed, steps, width, length, stride, 0, S);
      }
    }
  }

  backward(k: Kernels, pass: Pass): void {
    const { score, shape, lengths, zeros } = this.#plan;
    const { rows, steps } = pass;
    const S = shape.sourceSteps;
    this.#clearGradients(k, pass);
    for (let row = rows.start; row < rows.end; row++) {
      const length = k.ints[lengths + row]!;
      if (length === 0) continue;
      const a = this.#ofRow(this.probabilities, row);
      const da = this.#ofRow(this.#gradients, row);
      for (const [index, { signal }] of this.#memory.entries()) {
        const { width } = signal;
        const stride = shape.rows * width;
        const dc = this.outputs[index]!.gradients + row * width;
        const packed = this.#packed + row * this.#packedSize;
        k.packTransposed(packed, signal.values + row * width, width, length, stride);
        const [start, strideStart] = index === 0 ? [zeros.row(S), 0] : [da, S];
        k.multiply(da, start, dc, packed, steps, length, width, S, strideStart, stride);
        k.multiplyTransposed(signal.gradients + row * width, a, dc, length, width, steps, stride, S, stride);
      }
      k.softmaxBackward(da, a, steps, length, S);
      score.backward(k, da, row, steps, length);
    }
  }

  weightGradients(k: Kernels, team: Team): void {
    this.#plan.score.weightGradients(k, team);
  }

  #ofRow(block: Address, row: number): Address {
    return block + row * this.#plan.shape.steps * this.#plan.shape.sourceSteps;
  }

  /** Gradients that no other reader has begun start from 0: this module adds to parts of them. */
  #clearGradients(k: Kernels, { rows, steps, sourceSteps = 0 }: Pass): void {
    const { score, shape } = this.#plan;
    const clear = ({ signal, addsGradient }: Reading, count: number): void => {
      if (addsGradient()) return;
      for (let step = 0; step < count; step++) {
        const at = signal.gradients + (step * shape.rows + rows.start) * signal.width;
        k.fill(at, 0, (rows.end - rows.start) * signal.width);
      }
    };
    clear(score.queries, steps);
    clear(score.keys, sourceSteps);
    for (const memory of this.#memory) clear(memory, sourceSteps);
  }
}
