import type { Address, FunctionName, KernelFunctions } from '../contract.ts';
import type { Operand } from '../operand.ts';

/** What the time of a training step goes into. */
export const PARTS = [
  'matrix products',
  'gates',
  'rows and biases',
  'softmax',
  'attention',
  'packing',
  'dropout',
  'optimizer',
] as const;
export type Part = (typeof PARTS)[number];

/** A row of the table: what is known of a function. */
export interface Entry<Name extends FunctionName> {
  readonly part: Part;
  /** Whether the function treats its operands as plain lists of numbers, which may run on from one tensor into the next. */
  readonly acrossTensors?: true;
  /** All that a call with these arguments reads and writes, as the contract says. */
  operands(...call: Parameters<KernelFunctions[Name]>): readonly Operand[];
  /** The arguments of a call for trials: on matrices of `rows` × `n` numbers; `k` is what a product sums over. */
  example(at: Places, rows: number, n: number, k: number): Parameters<KernelFunctions[Name]>;
}

/** Where the operands of a trial lie. */
export interface Places {
  /** Floating-point numbers: of both signs in the first two blocks, positive in the others. */
  readonly blocks: readonly [Address, Address, Address, Address, Address];
  /** Integers from 0 to 2, for ids, masks and targets. */
  readonly ints: Address;
  /** Room for a packed matrix. */
  readonly packed: Address;
}

/** Some rows of the table, by the names of their functions. */
export type Entries = { readonly [Name in FunctionName]?: Entry<Name> };
