import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Range } from '../kernel/team.ts';
import type { BatchShape } from './batch.ts';
import type { Activation, Reset } from './cells/options.ts';
import type { Direction } from './direction.ts';
import type { Gate, Parameter, TensorSource } from './parameters.ts';
import { State } from './state.ts';
import type { Weight } from './weight.ts';

/** One step of a recurrence, for the batch rows [row, row + rows). */
export interface Step {
  /** t: which of the [T] numbers of a buffer belong to the step. */
  readonly time: number;
  /** The blocks of every state before and after the step. */
  readonly before: number;
  readonly after: number;
  readonly row: number;
  readonly rows: number;
}

/** What every cell works on: T steps, B rows, H hidden units and G gates. */
export interface CellBuffers {
  /** [T][B][G·H] pre-activations Ux + b on entry, then activations; after `backward`, gradients of the pre-activations. */
  readonly gates: Address;
  /** h. */
  readonly hidden: State;
  /** [T][B][H] h₋ as each step used it: the state before the step, zero in rows that are reset. */
  readonly previous: Address;
  /** [T][B][H] ∂L/∂h of every step, complete for a step when its `backward` is called. */
  readonly dHidden: Address;
  /** int [T][B] 0 where a row's state is reset to s₀ = 0 before step t. */
  readonly keep: Address;
  /** Zeros, for products to start from. */
  readonly zeros: Address;
}

/**
 * A recurrent cell: one step of the recurrence, (Ux + b, s₋) → s, and its derivative. What it reads, what runs it through time, and what is
 * reset or masked, is the layer's affair (nn/recurrent.ts).
 */
export interface Cell {
  /** h first. */
  readonly states: readonly State[];
  /** The recurrent weights. */
  readonly weights: readonly Weight[];
  /** Reads `previous` and the other states before the step; turns `gates` into activations, and writes every state after the step. */
  forward(k: Kernels, step: Step): void;
  /**
   * Turns `gates` into gradients of the pre-activations, given ∂L/∂h in `dHidden` and, in place, ∂L/∂s₋ from ∂L/∂s of every other state in
   * its `carried`.
   */
  backward(k: Kernels, step: Step): void;
  /** ∂L/∂h₋ into `hidden.carried`; called after `backward`, where it is wanted. */
  backwardHidden(k: Kernels, step: Step): void;
  /** Adds the gradients of the recurrent tensors in the columns `columns` of the gates, summed over `rows` = steps · B rows. */
  weightGradients(k: Kernels, columns: Range, rows: number): void;
}

/** A kind of cell: what the rest of the program must know of it. */
export interface CellKind {
  /** In the order of the columns of its matrices, which is PyTorch's. */
  readonly gates: readonly Gate[];
  make(plan: CellPlan): Cell;
}

/** What a cell is made of. */
export interface CellPlan {
  readonly arena: Arena;
  readonly shape: BatchShape;
  /** H. */
  readonly hidden: number;
  readonly buffers: CellBuffers;
  /** W [H, G·H]. */
  readonly recurrent: Parameter;
  /** For tensors that this kind of cell alone has. Their names begin with the layer's. */
  readonly tensors: TensorSource;
  readonly direction: Direction;
  /** The choices that some cells offer: σ of the vanilla RNN, and where the GRU's reset gate acts. */
  readonly activation: Activation;
  readonly reset: Reset;
}

/** Another state of a cell, beside h. */
export function cellState({ arena, shape, hidden, direction }: CellPlan): State {
  return new State(arena, shape, hidden, direction);
}
