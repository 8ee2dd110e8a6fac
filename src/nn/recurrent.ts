import type { Arena } from '../kernel/arena.ts';
import { type Address, type Kernels, NONE } from '../kernel/contract.ts';
import { GRAIN, share, type Team } from '../kernel/team.ts';
import { Affine, type Input, inputWidth } from './affine.ts';
import type { BatchShape, Extent, Pass } from './batch.ts';
import type { Cell, CellBuffers, Step } from './cell.ts';
import { CELL_KINDS } from './cells/index.ts';
import type { ModelConfig } from './config.ts';
import { type Direction, FORWARDS } from './direction.ts';
import type { Module } from './module.ts';
import { prefixed, type TensorSource } from './parameters.ts';
import { Signal } from './signal.ts';
import { State } from './state.ts';
import type { Weight } from './weight.ts';
import type { Zeros } from './zeros.ts';

/** What a recurrent layer is made of. */
export interface RecurrentPlan {
  readonly arena: Arena;
  readonly zeros: Zeros;
  readonly shape: BatchShape;
  readonly config: Pick<ModelConfig, 'cell' | 'activation' | 'reset' | 'hidden'>;
  readonly tensors: TensorSource;
  /** Before the names of its tensors: `layers.0.` */
  readonly prefix: string;
  readonly inputs: readonly Input[];
  /** int [T][B] 0 where a row's state is reset to s₀ = 0 before step t, else 1. */
  readonly keep: Address;
  /** `FORWARDS` if not given. */
  readonly direction?: Direction;
  /** int [T][B] 0 where a row has no symbol at step t: the state stays what it was before. All are read if not given. */
  readonly mask?: Address;
  /** Whether the initial state is another module's, which then gets ∂L/∂s₀ in `carried` of each state. */
  readonly learnsInitialState?: boolean;
  /** Whether the final state is read by another module, which then leaves ∂L/∂s_T in `carried` of each state before `backward`. */
  readonly givesFinalState?: boolean;
}

/**
 * A recurrent layer: a_t = U x_t + b for every step, then the cell's recurrence through time, in either direction. The layer alone knows about
 * time: which step follows which, where a row's state is reset, and where a row is masked. A masked step changes no number: the state passes
 * through it as it is, and so does its gradient.
 */
export class Recurrent implements Module {
  /** h of every step. */
  readonly output: Signal;
  readonly #batch: number;
  readonly #hidden: number;
  /** G·H. */
  readonly #width: number;
  readonly #buffers: CellBuffers;
  readonly #cell: Cell;
  readonly #input: Affine;
  readonly #direction: Direction;
  readonly #plan: RecurrentPlan;
  /** [B][H] ∂L/∂s of masked rows for each state, while the cell's own step is gone back through. */
  readonly #passed: readonly Address[];

  constructor(plan: RecurrentPlan) {
    const { arena, zeros, config, shape, inputs, keep, direction = FORWARDS } = plan;
    const { steps, rows, training } = shape;
    const { hidden: H } = config;
    const { gates, make } = CELL_KINDS[config.cell];
    const width = gates.length * H;
    const tensors = prefixed(plan.tensors, plan.prefix);
    const D = inputs.reduce((sum, input) => sum + inputWidth(input), 0);
    // The rows of U that symbols pick are a table of lookups.
    const role = inputs.every((input) => 'ids' in input) ? 'lookup' : 'input';
    const weight = tensors.tensor({ name: 'input', shape: [D, width], role, gates });
    const recurrent = tensors.tensor({ name: 'recurrent', shape: [H, width], role: 'recurrent', gates });
    const bias = tensors.tensor({ name: 'bias', shape: [width], role: 'bias', gates });
    const hidden = new State(arena, shape, H, direction);
    this.#plan = plan;
    this.#batch = rows;
    this.#hidden = H;
    this.#width = width;
    this.#direction = direction;
    this.#buffers = {
      gates: arena.float(steps * rows * width), // [T][B][G·H]
      hidden,
      previous: arena.float(steps * rows * H), // [T][B][H]
      dHidden: training ? arena.float(steps * rows * H) : NONE, // [T][B][H]
      keep,
      zeros: zeros.row(H),
    };
    const cellPlan = { arena, shape, hidden: H, buffers: this.#buffers, recurrent, tensors, direction };
    this.#cell = make({ ...cellPlan, activation: config.activation, reset: config.reset });
    this.#input = new Affine({ arena, zeros, training, inputs, outputs: width, weight, bias });
    this.output = new Signal(hidden.block(direction.firstOutput), this.#buffers.dHidden, H);
    const isMasked = training && plan.mask !== undefined;
    this.#passed = isMasked ? this.#cell.states.map((state) => arena.float(rows * state.width)) : [];
  }

  /** What the layer keeps of its last run, for those who look inside. */
  get buffers(): CellBuffers {
    return this.#buffers;
  }

  get states(): readonly State[] {
    return this.#cell.states;
  }

  get weights(): readonly Weight[] {
    return [...this.#cell.weights, ...this.#input.weights];
  }

  forward(k: Kernels, { rows, steps }: Pass): void {
    const { hidden, previous, keep, gates } = this.#buffers;
    const count = rows.end - rows.start;
    for (let index = 0; index < steps; index++) {
      const step = this.#step(index, steps, rows.start, count);
      const first = step.time * this.#batch + rows.start;
      const before = hidden.block(step.before) + rows.start * this.#hidden;
      k.keepRows(previous + first * this.#hidden, before, keep + first, count, this.#hidden);
      this.#input.forward(k, gates + first * this.#width, first, count);
      this.#cell.forward(k, step);
      this.#keepMasked(k, step, first);
    }
  }

  backward(k: Kernels, { rows, steps }: Pass): void {
    const { dHidden, hidden, gates, keep } = this.#buffers;
    const H = this.#hidden;
    const count = rows.end - rows.start;
    const dPrevious = hidden.carried + rows.start * H;
    this.#beginBackward(k, steps, rows.start, count);
    for (let index = steps - 1; index >= 0; index--) {
      const step = this.#step(index, steps, rows.start, count);
      const first = step.time * this.#batch + rows.start;
      const isFirst = index === 0;
      this.#setMaskedAside(k, step, first);
      this.#cell.backward(k, step);
      if (!isFirst || this.#plan.learnsInitialState) {
        for (const state of this.#cell.states) {
          if (state === hidden) continue;
          const carried = state.carried + rows.start * state.width;
          k.keepRows(carried, carried, keep + first, count, state.width);
        }
        this.#cell.backwardHidden(k, step);
        this.#takeMaskedBack(k, step, first);
        if (isFirst) k.keepRows(dPrevious, dPrevious, keep + first, count, H);
        else {
          const earlier = this.#direction.time(index - 1, steps) * this.#batch + rows.start;
          k.addKeptRows(dHidden + earlier * H, dPrevious, keep + first, count, H);
        }
      }
      this.#input.backward(k, gates + first * this.#width, first, count);
    }
  }

  weightGradients(k: Kernels, team: Team, { steps }: Extent): void {
    const columns = share(team, this.#width, GRAIN);
    const rows = steps * this.#batch;
    this.#input.weightGradients(k, this.#buffers.gates, columns, rows);
    this.#cell.weightGradients(k, columns, rows);
  }

  #step(index: number, steps: number, row: number, rows: number): Step {
    const time = this.#direction.time(index, steps);
    return { time, before: this.#direction.blockBefore(time), after: this.#direction.blockAfter(time), row, rows };
  }

  /** What the gradients that go back begin with: ∂L/∂s_T where another module has left it, else 0. */
  #beginBackward(k: Kernels, steps: number, row: number, rows: number): void {
    const { hidden, dHidden } = this.#buffers;
    for (let step = 0; step < steps && !this.output.isRead; step++) {
      k.fill(dHidden + (step * this.#batch + row) * this.#hidden, 0, rows * this.#hidden);
    }
    for (const state of this.#cell.states) {
      const carried = state.carried + row * state.width;
      if (!this.#plan.givesFinalState) {
        if (state !== hidden) k.fill(carried, 0, rows * state.width);
      } else if (state === hidden) {
        const last = this.#direction.time(steps - 1, steps) * this.#batch + row;
        const { floats } = k;
        const at = dHidden + last * state.width;
        for (let j = 0; j < rows * state.width; j++) floats[at + j]! += floats[carried + j]!;
      }
    }
  }

  /** Masked rows keep the state before the step. */
  #keepMasked(k: Kernels, { before, after, row, rows }: Step, first: number): void {
    const { mask } = this.#plan;
    if (mask === undefined) return;
    for (const state of this.#cell.states) {
      const at = row * state.width;
      k.restoreRows(state.block(after) + at, state.block(before) + at, mask + first, rows, state.width);
    }
  }

  /** Takes masked rows' gradients out of the cell's way: for the cell their gradient is 0. */
  #setMaskedAside(k: Kernels, { row, rows }: Step, first: number): void {
    const { mask } = this.#plan;
    if (mask === undefined) return;
    const { hidden, dHidden } = this.#buffers;
    for (const [index, state] of this.#cell.states.entries()) {
      const at = row * state.width;
      const from = state === hidden ? dHidden + first * state.width : state.carried + at;
      k.moveRows(this.#passed[index]! + at, from, mask + first, rows, state.width);
    }
  }

  /** Masked rows' gradients go on to the step before. */
  #takeMaskedBack(k: Kernels, { row, rows }: Step, first: number): void {
    const { mask } = this.#plan;
    if (mask === undefined) return;
    for (const [index, state] of this.#cell.states.entries()) {
      const at = row * state.width;
      k.restoreRows(state.carried + at, this.#passed[index]! + at, mask + first, rows, state.width);
    }
  }
}
