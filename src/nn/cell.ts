import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Range } from '../kernel/team.ts';
import type { MemberParameters } from './parameters.ts';
import type { Weight } from './weight.ts';

/** The most that a model is asked to run at once: T steps of B batch rows. */
export interface BatchShape {
  readonly steps: number;
  readonly rows: number;
  /** Whether gradients will be asked for. */
  readonly training: boolean;
}

/** One time step of the batch rows [row, row + rows): the part of the work that one call does. */
export interface StepSlice {
  readonly step: number;
  readonly row: number;
  readonly rows: number;
}

/** What every cell keeps of its run, over T steps, B rows, H hidden units and G gates. */
export interface CellBuffers {
  /** [T][B][G·H] pre-activations Ux + b on entry, then activations; after `backward`, gradients of the pre-activations. */
  readonly gates: Address;
  /** [T+1][B][H] h; block 0 is the state before the first step, block t + 1 the output of step t. */
  readonly hidden: Address;
  /** [T][B][H] h₋ as step t used it: block t of `hidden`, zero in rows that are reset before step t. */
  readonly previous: Address;
  /** int [T][B], 0 where a row's state is reset to s₀ = 0 before step t. */
  readonly keep: Address;
  /** [T][B][H] ∂L/∂h of every step, complete for a step when its `backward` is called. */
  readonly dHidden: Address;
  /** [B][H] ∂L/∂h₋ of the step last gone back through. */
  readonly dPrevious: Address;
  /** [H] zeros, for products to start from. */
  readonly zeros: Address;
}

/**
 * A recurrent cell over one layer's buffers: the recurrence alone, (Ux + b, h₋) → h. What feeds it, and what runs it
 * over time, is the layer's business.
 */
export interface Cell {
  /** [T+1][B][H] blocks that carry from step to step, `hidden` first. */
  readonly states: readonly Address[];
  /** The recurrent weights, to be packed. */
  readonly weights: readonly Weight[];
  /** One step forward for a slice of rows: reads `previous`, turns `gates` into activations, writes `hidden`. */
  forward(k: Kernels, at: StepSlice): void;
  /** One step back for a slice of rows: turns `gates` into gradients and writes `dPrevious`. `last` is the first step gone back through. */
  backward(k: Kernels, at: StepSlice, last: boolean): void;
  /** Gradients of the recurrent weights in the columns `columns` of the gates, summed over `rows` = steps · B rows. */
  weightGradients(k: Kernels, columns: Range, rows: number): void;
}

/** What a cell is made of. */
export interface CellPlan {
  readonly arena: Arena;
  readonly parameters: MemberParameters;
  /** Before the names of its parameters: `layers.0.` */
  readonly prefix: string;
  readonly shape: BatchShape;
  /** H. */
  readonly hidden: number;
  readonly buffers: CellBuffers;
}
