import type { Arena } from '../kernel/arena.ts';
import { type Address, type Kernels, NONE, packedSize } from '../kernel/contract.ts';
import type { Team } from '../kernel/team.ts';
import { stepsOfRow } from './active.ts';
import { type BatchShape, type Pass, sourceRowOf } from './batch.ts';
import type { Module } from './module.ts';
import type { Score } from './score.ts';
import { type Reading, Signal } from './signal.ts';
import type { State } from './state.ts';
import type { Packed } from './weight.ts';
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
 * A row attends to one source, its own in training. What lies behind the end of a source is never read. `AttentionMemory` must have run over
 * the source before.
 */
export class Attention implements Module {
  readonly states: readonly State[] = [];
  readonly weights: readonly Packed[] = [];
  /** c of every step, one signal for each signal of the memory. */
  readonly outputs: readonly Signal[];
  /** [B][T][S] α, of which the first numbers of a row are those of its source symbols. */
  readonly probabilities: Address;
  readonly #plan: AttentionPlan;
  readonly #memory: readonly PackedMemory[];
  /** [B][T][S] gradients of α, then of e. */
  readonly #gradients: Address;
  /** [S] what the sums of those gradients start from. */
  readonly #zeros: Address;

  constructor(plan: AttentionPlan) {
    const { arena, shape, memory, zeros } = plan;
    const { steps, sourceSteps, rows, training } = shape;
    this.#plan = plan;
    this.#memory = memory.map((signal) => {
      const size = Math.max(packedSize(sourceSteps, signal.width), packedSize(signal.width, sourceSteps));
      return { reading: signal.read(), packed: arena.float(rows * size), size, zeros: zeros.row(signal.width) };
    });
    this.outputs = memory.map(({ width }) => Signal.allocate(arena, shape, width));
    this.probabilities = arena.float(rows * steps * sourceSteps);
    this.#gradients = training ? arena.float(rows * steps * sourceSteps) : NONE;
    this.#zeros = zeros.row(sourceSteps);
  }

  /** Packs the memory and the keys of each source, for the products of `forward`. */
  prepare(k: Kernels, { rows }: Pass): void {
    const { score, shape, lengths } = this.#plan;
    for (let row = rows.start; row < rows.end; row++) {
      const length = k.ints[lengths + row]!;
      if (length === 0) continue;
      score.prepare(k, row, length);
      for (const { reading, packed, size } of this.#memory) {
        const { values, width } = reading.signal;
        k.pack(packed + row * size, values + row * width, length, width, shape.rows * width);
      }
    }
  }

  forward(k: Kernels, pass: Pass): void {
    const { score, shape, lengths } = this.#plan;
    const { rows } = pass;
    const S = shape.sourceSteps;
    for (let row = rows.start; row < rows.end; row++) {
      const steps = stepsOfRow(pass, row);
      const source = sourceRowOf(pass, row);
      const length = k.ints[lengths + source]!;
      const a = this.#ofRow(this.probabilities, row);
      if (length > 0) score.forward(k, a, row, source, steps, length);
      k.softmaxForward(a, steps, length, S);
      for (const [index, { reading, packed, size, zeros }] of this.#memory.entries()) {
        const { width } = reading.signal;
        const stride = shape.rows * width;
        const c = this.outputs[index]!.values + row * width;
        if (length === 0) {
          for (let step = 0; step < steps; step++) k.fill(c + step * stride, 0, width);
          continue;
        }
        k.multiply(c, zeros, a, packed + source * size, steps, width, length, stride, 0, S);
      }
    }
  }

  backward(k: Kernels, pass: Pass): void {
    const { score, shape, lengths } = this.#plan;
    const { rows } = pass;
    const S = shape.sourceSteps;
    this.#clearGradients(k, pass);
    for (let row = rows.start; row < rows.end; row++) {
      const steps = stepsOfRow(pass, row);
      const length = k.ints[lengths + row]!;
      const a = this.#ofRow(this.probabilities, row);
      const da = this.#ofRow(this.#gradients, row);
      if (length === 0) {
        score.backward(k, da, row, steps, length);
        continue;
      }
      for (const [index, { reading, packed: all, size }] of this.#memory.entries()) {
        const { signal } = reading;
        const { width } = signal;
        const stride = shape.rows * width;
        const dc = this.outputs[index]!.gradients + row * width;
        const packed = all + row * size;
        k.packTransposed(packed, signal.values + row * width, width, length, stride);
        const [start, strideStart] = index === 0 ? [this.#zeros, 0] : [da, S];
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
    for (const { reading } of this.#memory) clear(reading, sourceSteps);
  }
}

/** A signal of the memory. */
interface PackedMemory {
  readonly reading: Reading;
  /** [B][size] a packed copy of each row, for products. */
  readonly packed: Address;
  readonly size: number;
  /** [width] what the sums of c start from. */
  readonly zeros: Address;
}

/** Packs what an attention reads of the sources. It runs with the encoder, once for a source, however many steps attend to it. */
export class AttentionMemory implements Module {
  readonly states: readonly State[] = [];
  readonly weights: readonly Packed[] = [];
  readonly #attention: Attention;

  constructor(attention: Attention) {
    this.#attention = attention;
  }

  forward(k: Kernels, pass: Pass): void {
    this.#attention.prepare(k, pass);
  }

  /** Nothing: the attention's gradients go to the signals of the memory. */
  backward(): void {}

  /** Nothing: there are no tensors. */
  weightGradients(): void {}
}
