import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Range } from '../kernel/team.ts';
import type { BatchShape } from './batch.ts';
import type { CellOptions } from './cells/options.ts';
import type { Gate, Parameter, TensorSource } from './parameters.ts';
import type { State, Step } from './state.ts';
import type { Weight } from './weight.ts';

/** A kind of cell: what the rest of the program knows about it. */
export interface CellKind {
  /** What people call the cell: `GRU, reset before`. */
  label(options: CellOptions): string;
  /** The options that the cell obeys. It ignores the others. */
  readonly uses: readonly (keyof CellOptions)[];
  /** In the order of the columns of the cell's matrices, which is PyTorch's order. */
  readonly gates: readonly Gate[];
  /** What is carried from step to step, H numbers each: h first. The state `c` is that of the LSTM: c = f ⊙ c₋ + i ⊙ g. */
  readonly states: readonly StateName[];
  make(plan: CellPlan): Cell;
}

export type StateName = 'h' | 'c';

/** What a cell is made of. */
export interface CellPlan {
  readonly arena: Arena;
  readonly shape: BatchShape;
  /** H. */
  readonly hidden: number;
  readonly buffers: CellBuffers;
  /** W [H, G·H]. */
  readonly recurrent: Parameter;
  /** Where a cell gets a tensor that other kinds do not have. The layer's prefix is put before its name. */
  readonly tensors: TensorSource;
  readonly options: CellOptions;
}

/** The memory that a cell and its layer share: T steps, B rows, H hidden units and G gates. */
export interface CellBuffers {
  /** [T][B][G·H] pre-activations Ux + b on entry, then activations; after `backward`, gradients of the pre-activations. */
  readonly gates: Address;
  /** In the order of the kind's `states`. */
  readonly states: readonly State[];
  /** [T][B][H] ∂L/∂h of every step, complete for a step when its `backward` is called. */
  readonly dHidden: Address;
  /** [H] zeros, for products to start from. */
  readonly zeros: Address;
}

/**
 * A recurrent cell: one step of the recurrence, (Ux + b, s₋) → s, and its derivative. The layer (nn/recurrent.ts) decides everything else:
 * what the cell reads, in which order the steps come, and which rows are reset or masked.
 */
export interface Cell {
  /** The recurrent weights. */
  readonly weights: readonly Weight[];
  /**
   * Reads `previous` of every state. Turns pre-activations in `gates` into activations, and writes every state after the
   * step.
   */
  forward(k: Kernels, step: Step): void;
  /**
   * Reads ∂L/∂h in `dHidden`, and ∂L/∂s of every other state in its `carried`. Turns activations in `gates` into gradients of the
   * pre-activations, and ∂L/∂s of the other states into ∂L/∂s₋, in place.
   */
  backward(k: Kernels, step: Step): void;
  /** Writes ∂L/∂h₋ to `carried` of h. It is called after `backward`, and only where ∂L/∂h₋ is needed. */
  backwardHidden(k: Kernels, step: Step): void;
  /** Adds the gradients of the recurrent tensors in the columns `columns` of the gates, summed over a range of the [T·B] positions. */
  weightGradients(k: Kernels, columns: Range, positions: Range): void;
}
