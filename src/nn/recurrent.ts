import type { Arena } from '../kernel/arena.ts';
import { type Address, type Kernels, NONE } from '../kernel/contract.ts';
import { GRAIN, type Range, share, type Team } from '../kernel/team.ts';
import { positionsRun } from './active.ts';
import { Affine, type Input, inputWidth, symbolRowsOf } from './affine.ts';
import { type BatchShape, type Extent, type Pass, rowsAt } from './batch.ts';
import type { Cell, CellBuffers } from './cell.ts';
import { CELL_KINDS } from './cells/index.ts';
import type { ModelConfig } from './config.ts';
import { type Direction, FORWARDS } from './direction.ts';
import type { Module } from './module.ts';
import { prefixed, type TensorSource } from './parameters.ts';
import { Signal } from './signal.ts';
import { State, type Step } from './state.ts';
import type { Packed } from './weight.ts';
import type { Zeros } from './zeros.ts';

/** What a recurrent layer is made of. */
export interface RecurrentPlan {
  readonly arena: Arena;
  readonly zeros: Zeros;
  readonly shape: BatchShape;
  readonly config: Pick<ModelConfig, 'cell' | 'activation' | 'reset' | 'hidden'>;
  readonly tensors: TensorSource;
  /** What the names of the layer's tensors begin with: `layers.0.` */
  readonly prefix: string;
  readonly inputs: readonly Input[];
  /** int [T][B] 0 where a row's state is reset to 0 before step t, else 1. */
  readonly keep: Address;
  /** `FORWARDS` if not given. */
  readonly direction?: Direction;
  /** int [T][B] 0 where a row has no symbol at step t: the state stays as it is. If not given, every step of every row has one. */
  readonly mask?: Address;
  /** Whether `backward` computes ∂L/∂s₀, and leaves it in `carried` of each state. Another module gives the initial state then. */
  readonly learnsInitialState?: boolean;
  /** Whether another module reads the final state. It writes ∂L/∂s_T to `carried` of each state before the layer's `backward`. */
  readonly givesFinalState?: boolean;
}

/**
 * A recurrent layer: a_t = U x_t + b for every step, then the cell's recurrence through time, in either direction. The layer alone knows about
 * time: the order of the steps, where a row's state is reset, and where a row is masked. In a row that is masked at a step, the state passes
 * through the step as it is, and so does its gradient. (A row may be reset and masked at one step: then the state that passes through is 0.) The
 * same holds for a row that is not run at a step.
 */
export class Recurrent implements Module {
  /** h after every step. */
  readonly output: Signal;
  readonly states: readonly State[];
  readonly #plan: RecurrentPlan;
  readonly #direction: Direction;
  readonly #batch: number;
  readonly #hidden: number;
  /** G·H. */
  readonly #width: number;
  readonly #h: State;
  readonly #buffers: CellBuffers;
  readonly #cell: Cell;
  readonly #input: Affine;
  /** [B][width] for each state: ∂L/∂s of the rows that are masked at a step, while the cell goes back through the step. */
  readonly #aside: readonly Address[];

  constructor(plan: RecurrentPlan) {
    const { arena, zeros, config, shape, inputs, direction = FORWARDS } = plan;
    const { steps, rows, training } = shape;
    const { hidden: H } = config;
    const { gates, states, make } = CELL_KINDS[config.cell];
    const width = gates.length * H;
    const tensors = prefixed(plan.tensors, plan.prefix);
    const D = inputs.reduce((sum, input) => sum + inputWidth(input), 0);
    // The rows of U that symbols pick are a table of lookups.
    const role = inputs.every((input) => 'ids' in input) ? 'lookup' : 'input';
    const symbolRows = symbolRowsOf(inputs);
    const weight = tensors.tensor({ name: 'input', shape: [D, width], role, symbolRows, gates });
    const recurrent = tensors.tensor({ name: 'recurrent', shape: [H, width], role: 'recurrent', gates });
    const bias = tensors.tensor({ name: 'bias', shape: [width], role: 'bias', gates });
    this.states = states.map(() => new State(arena, shape, H, direction));
    this.#plan = plan;
    this.#direction = direction;
    this.#batch = rows;
    this.#hidden = H;
    this.#width = width;
    this.#h = this.states[0]!;
    this.#buffers = {
      gates: arena.float(steps * rows * width), // [T][B][G·H]
      states: this.states,
      dHidden: training ? arena.float(steps * rows * H) : NONE, // [T][B][H]
      zeros: zeros.row(H),
    };
    this.#cell = make({ arena, shape, hidden: H, buffers: this.#buffers, recurrent, tensors, options: config });
    this.#input = new Affine({ arena, zeros, training, inputs, outputs: width, weight, bias });
    this.output = new Signal(this.#h.values, this.#buffers.dHidden, H);
    const isMasked = training && plan.mask !== undefined;
    this.#aside = isMasked ? this.states.map((state) => arena.float(rows * state.width)) : [];
  }

  /** What the layer keeps of its last run, for those who look inside. */
  get buffers(): CellBuffers {
    return this.#buffers;
  }

  get weights(): readonly Packed[] {
    return [...this.#cell.weights, ...this.#input.weights];
  }

  forward(k: Kernels, pass: Pass): void {
    const { gates } = this.#buffers;
    for (let index = 0; index < pass.steps; index++) {
      const step = this.#step(index, pass);
      const first = this.#first(step);
      this.#reset(k, step);
      this.#input.forward(k, gates + first * this.#width, first, step.rows);
      this.#cell.forward(k, step);
      this.#keepMasked(k, step);
      this.#keepOthers(k, step, pass.rows);
    }
  }

  backward(k: Kernels, pass: Pass): void {
    const { gates } = this.#buffers;
    this.#beginBackward(k, pass);
    let later: Step | undefined;
    for (let index = pass.steps - 1; index >= 0; index--) {
      const step = this.#step(index, pass);
      const first = this.#first(step);
      this.#beginRows(k, step, later);
      this.#setMaskedAside(k, step);
      this.#cell.backward(k, step);
      if (index > 0 || this.#plan.learnsInitialState) {
        this.#cell.backwardHidden(k, step);
        this.#takeMaskedBack(k, step);
        this.#resetBackward(k, step);
      }
      this.#input.backward(k, gates + first * this.#width, first, step.rows);
      later = step;
    }
  }

  weightGradients(k: Kernels, team: Team, extent: Extent): void {
    const columns = share(team, this.#width, GRAIN);
    for (const positions of positionsRun(extent, this.#batch)) {
      this.#input.weightGradients(k, this.#buffers.gates, columns, positions);
      this.#cell.weightGradients(k, columns, positions);
    }
  }

  /** Step number `index` of a pass, of the rows that are run. */
  #step(index: number, pass: Pass): Step {
    const time = this.#direction(index, pass.steps);
    const previous = index > 0 ? this.#direction(index - 1, pass.steps) : undefined;
    const { start, end } = rowsAt(pass, time);
    return { time, previous, row: start, rows: end - start };
  }

  /** The place of a step's first row among the [T·B] positions. */
  #first({ time, row }: Step): number {
    return time * this.#batch + row;
  }

  /** The state that the step starts from: 0 in rows that are reset. */
  #reset(k: Kernels, step: Step): void {
    const first = this.#first(step);
    for (const state of this.states) {
      if (state.isReadInPlace && step.previous !== undefined) continue;
      const out = state.previous + first * state.width;
      k.keepRows(out, state.before(step), this.#plan.keep + first, step.rows, state.width);
    }
  }

  /** Hands ∂L/∂s₋ of the step on to the step before, but for rows that are reset. */
  #resetBackward(k: Kernels, step: Step): void {
    const { previous, row, rows } = step;
    const keep = this.#plan.keep + this.#first(step);
    for (const state of this.states) {
      const carried = state.carried + row * state.width;
      if (state === this.#h && previous !== undefined) {
        const dPrevious = this.#buffers.dHidden + (previous * this.#batch + row) * this.#hidden;
        k.addKeptRows(dPrevious, carried, keep, rows, state.width);
      } else {
        k.keepRows(carried, carried, keep, rows, state.width);
      }
    }
  }

  /** Sets the gradients that the backward pass starts from to 0, but for ∂L/∂s_T that another module has left in `carried`. */
  #beginBackward(k: Kernels, { steps, rows: { start, end } }: Pass): void {
    const { dHidden } = this.#buffers;
    const count = (end - start) * this.#hidden;
    if (!this.output.isRead) {
      for (let time = 0; time < steps; time++) k.fill(dHidden + (time * this.#batch + start) * this.#hidden, 0, count);
    }
    if (this.#plan.givesFinalState) return;
    for (const { carried, width } of this.states) k.fill(carried + start * width, 0, count);
  }

  /** The final state of a row is the one after the last step at which the row is run. So ∂L/∂h_T is a part of ∂L/∂h of that step. */
  #beginRows({ floats }: Kernels, step: Step, later: Step | undefined): void {
    if (!this.#plan.givesFinalState) return;
    const { carried, width } = this.#h;
    const dHidden = this.#buffers.dHidden + step.time * this.#batch * width;
    for (const { start, end } of othersOf(step, later)) {
      for (let j = start * width; j < end * width; j++) floats[dHidden + j]! += floats[carried + j]!;
    }
  }

  /** Masked rows keep the state that the step started from. */
  #keepMasked(k: Kernels, step: Step): void {
    const { mask } = this.#plan;
    if (mask === undefined) return;
    const first = this.#first(step);
    for (const state of this.states) {
      k.restoreRows(state.after(step), state.previous + first * state.width, mask + first, step.rows, state.width);
    }
  }

  /** Rows that are not run keep their state. */
  #keepOthers(k: Kernels, step: Step, all: Range): void {
    for (const { start, end } of othersOf({ row: all.start, rows: all.end - all.start }, step)) {
      const others = { ...step, row: start, rows: end - start };
      const keep = this.#plan.keep + this.#first(others);
      for (const state of this.states) {
        k.keepRows(state.after(others), state.before(others), keep, others.rows, state.width);
      }
    }
  }

  /** Takes the gradients of masked rows out of the cell's way: it finds 0 there. */
  #setMaskedAside(k: Kernels, step: Step): void {
    const { mask } = this.#plan;
    if (mask === undefined) return;
    const first = this.#first(step);
    for (const [index, state] of this.states.entries()) {
      const at = step.row * state.width;
      const from = state === this.#h ? this.#buffers.dHidden + first * this.#hidden : state.carried + at;
      k.moveRows(this.#aside[index]! + at, from, mask + first, step.rows, state.width);
    }
  }

  /** In masked rows, ∂L/∂s₋ is ∂L/∂s. */
  #takeMaskedBack(k: Kernels, step: Step): void {
    const { mask } = this.#plan;
    if (mask === undefined) return;
    for (const [index, state] of this.states.entries()) {
      const at = step.row * state.width;
      k.restoreRows(state.carried + at, this.#aside[index]! + at, mask + this.#first(step), step.rows, state.width);
    }
  }
}

/** The rows of a step, or of a batch, that another step does not have: those before and those behind. */
function othersOf({ row, rows }: Rows, other: Rows = { row, rows: 0 }): Range[] {
  const end = row + rows;
  return [
    { start: row, end: Math.min(end, other.row) },
    { start: Math.max(row, other.row + other.rows), end },
  ].filter((range) => range.start < range.end);
}

type Rows = Pick<Step, 'row' | 'rows'>;
