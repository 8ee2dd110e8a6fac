import { Arena } from './arena.ts';
import type { Address, FunctionName, Kernels } from './contract.ts';
import { type Operand, rowCount } from './operand.ts';
import { referenceKernels } from './reference.ts';
import { type AnyEntry, ENTRIES, type Places, TABLE } from './table.ts';
import { createSharedMemory, SCRATCH_FLOATS, wasmKernels } from './wasm.ts';

export type WasmName = 'wasm128' | 'wasm256';

/** Rows, columns and steps of a sum: every count of rows that a tile has, and columns that leave remainders of every kind. */
const PRODUCTS: readonly (readonly [rows: number, n: number, k: number])[] = [
  ...[1, 2].map((rows) => [rows, 37, 2] as const), // two panels at a time, and 5 columns
  ...[1, 2, 3, 4, 5, 6].map((rows) => [rows, 21, 2] as const), // one panel, and 5 columns
  ...[1, 2, 3, 4, 5, 6].map((rows) => [rows, 13, 2] as const), // a panel that lacks 3 columns
  [21, 5, 5], // a matrix that is transposed in blocks of 16, 4 and 1 columns, of 4 and 1 rows
  [1, 5, 21], // the same for `packTransposed`
];

/** Rows and columns for all other functions: whole steps of sixteen and of eight numbers, and remainders of four and of one. */
const ROWS: readonly (readonly [rows: number, n: number])[] = [
  [1, 53],
  [7, 13],
];

/** Numbers of a vector register. Operands start at every place in one. */
const VECTOR = 8;

const BLOCK = 512;
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

  /** @param open what makes the kernels; tests fake it */
  constructor(module: WebAssembly.Module, open = wasmKernels) {
    const arena = new Arena();
    const scratch = arena.float(SCRATCH_FLOATS);
    this.#start = arena.float(6 * BLOCK);
    this.#end = this.#start + 6 * BLOCK;
    this.#packed = arena.float(TIMED.k * TIMED.n);
    const memory = createSharedMemory(arena.bytes);
    this.#open = (name) => open(name, module, memory, scratch);
    this.#data = testData(6 * BLOCK);
    const floats = new Float32Array(arena.bytes / 4);
    this.#oracle = referenceKernels({ floats, ints: new Int32Array(floats.buffer) });
  }

  /**
   * The first function of the contract that computes something else than the reference or writes where it must not; undefined where
   * all are right. V8's faults lie in the addresses of its merged loads and stores, so every tile, every remainder and every
   * alignment is tried.
   */
  fault(name: WasmName): FunctionName | undefined {
    const kernels = this.#open(name);
    for (const [rows, n, k] of PRODUCTS) {
      const names = ['pack', 'multiply', 'packTransposed', 'multiply', 'multiplyTransposed'] as const;
      const wrong = names.find((each) => !this.#agrees(kernels, each, this.#places(rows), rows, n, k));
      if (wrong) return wrong;
    }
    for (const [each, { part }] of ENTRIES) {
      if (part === 'packing' || part === 'matrix products') continue;
      for (const [rows, n] of ROWS) {
        if (!this.#agrees(kernels, each, this.#places(rows), rows, n, 0)) return each;
      }
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

  /** Operands that begin at another place in a vector for each shift, and for each block. */
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
    return this.#bytes(kernels).equals(this.#bytes(oracle));
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

  #bytes({ floats }: Kernels): Buffer {
    return Buffer.from(floats.buffer as ArrayBuffer, 4 * this.#start, 4 * (this.#end - this.#start));
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
  return Float32Array.from({ length: count }, (_, i) => {
    const x = ((i * 7919) % 2003) / 500 - 2;
    return i < count / 3 ? x : Math.abs(x) + 0.01;
  });
}

function isClose(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
}
