import type { FunctionName } from './contract.ts';
import type { Operand } from './operand.ts';
import { ATTENTION } from './table/attention.ts';
import type { Entry, Places } from './table/entry.ts';
import { GATES } from './table/gates.ts';
import { PRODUCTS } from './table/products.ts';
import { ROWS } from './table/rows.ts';
import { SOFTMAX } from './table/softmax.ts';
import { UPDATES } from './table/updates.ts';

/**
 * Every function of the contract: its part of the profile, its operands, and an example of a call. `profile.ts`, `checked.ts` and
 * `trial.ts` work from this table, and the compiler refuses a table that lacks a function.
 */
export const TABLE = {
  ...PRODUCTS,
  ...ROWS,
  ...GATES,
  ...SOFTMAX,
  ...ATTENTION,
  ...UPDATES,
} as const satisfies { readonly [Name in FunctionName]: Entry<Name> };

/** A row of the table, whatever its function's parameters are. */
export type AnyEntry = Pick<Entry<FunctionName>, 'part' | 'acrossTensors'> & {
  operands(...call: never[]): readonly Operand[];
  example(at: Places, rows: number, n: number, k: number): unknown[];
};

/** The table's rows with the names of their functions. */
export const ENTRIES = Object.entries(TABLE) as readonly (readonly [FunctionName, AnyEntry])[];
