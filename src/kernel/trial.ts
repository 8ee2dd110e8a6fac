import { Arena } from './arena.ts';
import type { Address, Floats, FunctionName, Kernels } from './contract.ts';
import { type Operand, rowCount } from './operand.ts';
import { referenceKernels } from './reference.ts';
import type { Places } from './table/entry.ts';
import { type AnyEntry, ENTRIES, TABLE } from './table.ts';
import { createMemory, SCRATCH_FLOATS, wasmKernels } from './wasm.ts';

export type WasmName = 'wasm128' | 'wasm256';

/** Numbers of a vector register. */
const VECTOR = 8;

/** Calls of some functions with operands that begin `shift` numbers past a multiple of a vector (`#places`). */
type Calls = readonly [names: readonly FunctionName[], rows: number, n: number, k: number, shift: number];

const ROWS = [1, 2, 3, 4, 5, 6] as const;
const SHIFTS = Array.from({ length: VECTOR }, (_, shift) => shift);

/** Products with every count of rows that a tile has, with columns that leave remainders of every kind, and at every alignment. */
const PRODUCTS: readonly Calls[] = [
  ...([1, 2] as const).map((rows): Calls => [['pack', 'multiply'], rows, 37, 2, rows]), // two panels at a time, and 5 columns
  ...ROWS.map((rows): Calls => [['pack', 'multiply'], rows, 21, 2, rows]), // one panel, and 5 columns
  ...ROWS.map((rows): Calls => [['pack', 'multiply'], rows, 13, 2, rows]), // a panel that lacks 3 columns
  ...SHIFTS.map((shift): Calls => [['pack', 'multiply', 'multiplyTransposed'], 6, 21, 2, shift]), // all rows of a tile
  [['packTransposed', 'multiply'], 1, 37, 2, 1],
  [['packTransposed', 'multiply'], 1, 5, 21, 1], // transposed in blocks of 16, 4 and 1 columns, of 4 and 1 rows
  [['multiplyTransposed'], 2, 37, 2, 2],
  [['multiplyTransposed'], 6, 13, 2, 6],
  [['multiplyTransposed'], 21, 5, 5, 5], // transposed in blocks of 16, 4 and 1 columns, of 4 and 1 rows
];

const NAMES = ENTRIES.filter(([, { part }]) => part !== 'packing' && part !== 'matrix products').map(([name]) => name);

/** Calls of all other functions at every alignment: whole steps of sixteen and of eight numbers, remainders of four and of one. */
const OTHERS: readonly Calls[] = [
  ...SHIFTS.map((shift): Calls => [NAMES, 1, 29, 0, shift]),
  [NAMES, 8, 13, 0, 0], // several rows
];

/** Numbers of a block that holds an operand. */
const BLOCK = 450;
const TOLERANCE = 1e-5;

/** A product that fills every tile, and the repetitions that make about 40 µs of it. */
const TIMED = { m: 30, n: 64, k: 64, calls: 12, rounds: 9 };

/** The kernels of a WebAssembly module over a small memory of their own, beside the reference over a copy of that memory. */
export class Trial {
  readonly #open: (name: WasmName) => Kernels;
  readonly #start: Address;
  readonly #end: Address;
  readonly #packed: Address;
  readonly #data: Float32Array;
  readonly #oracle: Kernels;

  /**
   * @param open what makes the kernels; tests fake it
   * @param shared whether they import a memory that threads share
   */
  constructor(module: WebAssembly.Module, open = wasmKernels, shared?: boolean) {
    const arena = new Arena();
    const scratch = arena.float(SCRATCH_FLOATS);
    this.#start = arena.float(6 * BLOCK);
    this.#end = this.#start + 6 * BLOCK;
    this.#packed = arena.float(TIMED.k * TIMED.n);
    const memory = createMemory(arena.bytes, shared);
    this.#open = (name) => open(name, module, memory, scratch);
    this.#data = testData(6 * BLOCK);
    const floats = new Float32Array(arena.bytes / 4);
    this.#oracle = referenceKernels({ floats, ints: new Int32Array(floats.buffer) });
  }

  /**
   * The first function of the contract that computes something else than the reference or writes where it must not; undefined where
   * all are right. V8's faults lie in the addresses of its merged loads and stores, so every tile and every remainder is
   * tried, and every function with operands at every alignment.
   */
  fault(name: WasmName): FunctionName | undefined {
    const kernels = this.#open(name);
    for (const [names, rows, n, k, shift] of [...PRODUCTS, ...OTHERS]) {
      const wrong = names.find((each) => !this.#agrees(kernels, each, this.#places(shift), rows, n, k));
      if (wrong) return wrong;
    }
    return undefined;
  }

  /** GFLOPS of the wide and of the narrow tile: the best of several rounds, in which they take turns. */
  measure(): [wide: number, narrow: number] {
    const candidates = [this.#open('wasm256'), this.#open('wasm128')];
    const best = candidates.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < TIMED.rounds; round++) {
      candidates.forEach((kernels, i) => {
        best[i] = Math.min(best[i]!, this.#time(kernels));
      });
    }
    const flops = 2 * TIMED.m * TIMED.n * TIMED.k * TIMED.calls;
    return [flops / best[0]! / 1e6, flops / best[1]! / 1e6];
  }

  /** Operands that begin at another place in a vector for each shift, from 0 to 7, and for each block. */
  #places(shift: number): Places {
    const block = (index: number) => this.#start + index * BLOCK + VECTOR + ((3 * index + shift) % VECTOR);
    return {
      blocks: [block(0), block(1), block(2), block(3), block(4)],
      ints: this.#start + 5 * BLOCK + VECTOR + shift,
      packed: this.#packed,
    };
  }

  #agrees(kernels: Kernels, name: FunctionName, places: Places, rows: number, n: number, k: number): boolean {
    const oracle = this.#oracle;
    const entry: AnyEntry = TABLE[name];
    const call = entry.example(places, rows, n, k) as never[];
    for (const each of [kernels, oracle]) {
      each.floats.set(this.#data, this.#start);
      for (let i = 0; i < rows; i++) each.ints[places.ints + i] = i % 3;
    }
    const [actual, expected] = [kernels, oracle].map((each) => (each[name] as (...call: never[]) => unknown)(...call));
    if (actual !== undefined && !isClose(actual as number, expected as number)) return false;
    // The layout of a packed matrix differs; a product shows whether it is right.
    for (const operand of entry.operands(...call)) {
      if (operand.access !== 'reads' && operand.address !== places.packed && !this.#takeOver(kernels, operand))
        return false;
    }
    return this.#areSame(kernels.floats, oracle.floats);
  }

  /** Whether an output is right; copies it over the oracle's, so that from then on only stray writes differ. */
  #takeOver(kernels: Kernels, operand: Operand): boolean {
    const actual = kernels.floats;
    const expected = this.#oracle.floats;
    const rows = rowCount(operand, kernels.ints);
    for (let row = 0; row < rows; row++) {
      const start = operand.address + row * operand.stride;
      const end = start + operand.columns;
      for (let i = start; i < end; i++) {
        if (!isClose(actual[i]!, expected[i]!)) return false;
        expected[i] = actual[i]!;
      }
    }
    return true;
  }

  /** Whether the blocks hold the same bits. */
  #areSame(one: Floats, other: Floats): boolean {
    const bits = ({ buffer }: Floats) => new Int32Array(buffer, 4 * this.#start, this.#end - this.#start);
    const [actual, expected] = [bits(one), bits(other)];
    // A plain loop: this compares 1.6 million numbers each time that a program starts.
    for (let i = 0; i < actual.length; i++) if (actual[i] !== expected[i]) return false;
    return true;
  }

  #time(kernels: Kernels): number {
    const { m, n, k, calls } = TIMED;
    const [c, a] = [this.#start, this.#start];
    const start = performance.now();
    for (let call = 0; call < calls; call++) kernels.multiply(c, c, a, this.#packed, m, n, k, n, n, k);
    return performance.now() - start;
  }
}

/** The first third in ±2, the others from 0.01 to 2. */
function testData(count: number): Float32Array {
  const data = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const x = ((i * 7919) % 2003) / 500 - 2;
    data[i] = i < count / 3 ? x : Math.abs(x) + 0.01;
  }
  return data;
}

function isClose(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
}
