import type { Address } from './contract.ts';

/** A matrix that a call reads or writes. A vector is a matrix of one row. */
export interface Operand {
  readonly name: string;
  readonly access: 'reads' | 'writes' | 'updates';
  readonly numbers: 'floats' | 'ints';
  readonly address: Address;
  /** How many rows, or the ids that pick the rows. */
  readonly rows: number | Ids;
  readonly columns: number;
  /** Numbers from the start of one row to the start of the next. */
  readonly stride: number;
  /** The operand that may lie at the same address, where the contract says "in place". */
  readonly inPlaceOf?: string;
  /** Whether these integers are numbers of rows. */
  readonly isIds?: true;
  /** The integers must be less than this. */
  readonly limit?: number;
}

/** `count` integers at `address`: each is the number of a row. */
export interface Ids {
  readonly address: Address;
  readonly count: number;
}

/** How many rows an operand has: as many as its ids reach, where ids pick them. */
export function rowCount({ rows }: Operand, ints: Int32Array): number {
  if (typeof rows === 'number') return rows;
  let count = 0;
  for (let i = 0; i < rows.count; i++) count = Math.max(count, ints[rows.address + i]! + 1);
  return count;
}

export function reads(name: string, address: Address, rows: number, columns: number, stride = columns): Operand {
  return { name, access: 'reads', numbers: 'floats', address, rows, columns, stride };
}

export function writes(name: string, address: Address, rows: number, columns: number, stride = columns): Operand {
  return { ...reads(name, address, rows, columns, stride), access: 'writes' };
}

export function updates(name: string, address: Address, rows: number, columns: number, stride = columns): Operand {
  return { ...reads(name, address, rows, columns, stride), access: 'updates' };
}

export function readsInts(name: string, address: Address, count: number): Operand {
  return { ...reads(name, address, 1, count), numbers: 'ints' };
}
