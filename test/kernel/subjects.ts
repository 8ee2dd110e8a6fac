import { readFileSync } from 'node:fs';
import { load } from '../../src/host/kernels.node.ts';
import { Arena } from '../../src/kernel/arena.ts';
import { checkedKernels } from '../../src/kernel/checked.ts';
import type { Address, Kernels } from '../../src/kernel/contract.ts';
import { referenceKernels } from '../../src/kernel/reference.ts';
import type { WasmName } from '../../src/kernel/trial.ts';
import { createMemory, SCRATCH_FLOATS, wasmKernels } from '../../src/kernel/wasm.ts';

/** Kernels under test, or the oracle that they are compared with: the reference in float64. */
export interface Subject {
  readonly name: string;
  readonly kernels: Kernels;
  readonly bytesPerFloat: 4 | 8;
  /** Bytes at the start of the memory where no operand may lie. */
  readonly reserved: number;
}

const BYTES = 16 << 20;

const { module } = load();
export const hasWasm = module !== undefined;

export const oracle: Subject = {
  name: 'oracle',
  kernels: reference(new Float64Array(BYTES / 8)),
  bytesPerFloat: 8,
  reserved: 0,
};

export const referenceF32: Subject = {
  name: 'reference-f32',
  kernels: reference(new Float32Array(BYTES / 4)),
  bytesPerFloat: 4,
  reserved: 0,
};

/** The WebAssembly kernels of both tiles, which give the same bits; none where this Node cannot run them. */
export const wasm: Subject[] = module
  ? [subject('wasm128', 'wasm128', module, true), subject('wasm256', 'wasm256', module, true)]
  : [];

/** The builds for browsers: one thread's memory, with and without relaxed SIMD. */
export const single: Subject[] = module ? [subject('single', 'wasm128', compiled('single'), false)] : [];
export const plain: Subject[] = module ? [subject('single-plain', 'wasm128', compiled('single-plain'), false)] : [];

function compiled(build: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL(`../../dist/kernel/${build}.wasm`, import.meta.url)));
}

function subject(name: string, tile: WasmName, code: WebAssembly.Module, shared: boolean): Subject {
  const arena = new Arena();
  const scratch = arena.float(SCRATCH_FLOATS);
  const kernels = wasmKernels(tile, code, createMemory(arena.bytes + BYTES, shared), scratch);
  return { name, kernels, bytesPerFloat: 4, reserved: arena.bytes };
}

function reference(floats: Float32Array | Float64Array): Kernels {
  return referenceKernels({ floats, ints: new Int32Array(floats.buffer) });
}

export type Operand = Float32Array | Int32Array;
export type Operands = Record<string, Operand>;
export type Addresses = Record<string, Address>;

/** So many canaries lie before and behind every operand. A call must not change them. */
const GUARD = 7;
const CANARY = 12_345.678;

/**
 * Copies the operands into the subject's memory, makes the call, and returns what the operands then hold. An operand lies between
 * canaries and does not start at a multiple of a vector. Throws where a canary has changed.
 */
export function run(
  subject: Subject,
  operands: Operands,
  call: (kernels: Kernels, at: Addresses) => void,
): Record<string, Float64Array> {
  const { kernels } = subject;
  const arena = new Arena(subject.bytesPerFloat);
  arena.float(subject.reserved / subject.bytesPerFloat);
  const at: Addresses = {};
  for (const [name, operand] of Object.entries(operands)) {
    const numbers = numbersOf(kernels, operand);
    const start =
      (operand instanceof Int32Array ? arena.int : arena.float).call(arena, operand.length + 2 * GUARD) + GUARD;
    at[name] = start;
    if (numbers === kernels.floats) arena.divide(start, [operand.length]);
    numbers.fill(CANARY, start - GUARD, start + operand.length + GUARD);
    numbers.set(operand, start);
  }
  call(checkedKernels(kernels, arena), at);
  const results: Record<string, Float64Array> = {};
  for (const [name, operand] of Object.entries(operands)) {
    const numbers = numbersOf(kernels, operand);
    const start = at[name]!;
    const canary =
      operand instanceof Int32Array ? Math.trunc(CANARY) : subject.bytesPerFloat === 4 ? Math.fround(CANARY) : CANARY;
    for (let i = 0; i < GUARD; i++) {
      if (numbers[start - 1 - i] !== canary) throw new Error(`${subject.name} wrote before ${name}, at −${1 + i}`);
      if (numbers[start + operand.length + i] !== canary)
        throw new Error(`${subject.name} wrote past ${name}, at +${i}`);
    }
    results[name] = new Float64Array(numbers.subarray(start, start + operand.length));
  }
  return results;
}

function numbersOf(kernels: Kernels, operand: Operand): Kernels['floats'] | Int32Array {
  return operand instanceof Int32Array ? kernels.ints : kernels.floats;
}

/** Says where `actual` first differs from `expected` by more than `tolerance(index)`; undefined where it never does. */
export function difference(
  actual: Float64Array,
  expected: Float64Array,
  tolerance: (index: number) => number,
): string | undefined {
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (Object.is(a, e) || a === e) continue;
    if (Number.isFinite(a) && Math.abs(a - e) <= tolerance(i)) continue;
    return `[${i}] is ${a}, expected ${e} ± ${tolerance(i)}`;
  }
  return undefined;
}

/** Uniform random numbers from a seed (mulberry32). The same seed repeats a failure. */
export function numbersFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
