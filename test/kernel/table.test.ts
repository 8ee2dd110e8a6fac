import { describe, expect, it } from 'vitest';
import type { FunctionName, Kernels } from '../../src/kernel/contract.ts';
import { type Operand, rowCount } from '../../src/kernel/operand.ts';
import { referenceKernels } from '../../src/kernel/reference.ts';
import { ENTRIES } from '../../src/kernel/table.ts';
import { CASES } from './cases.ts';
import { PRODUCTS } from './products.ts';
import { numbersFrom, oracle, run } from './subjects.ts';

const BLOCK = 300;
const PLACES = {
  blocks: [11, BLOCK + 12, 2 * BLOCK + 13, 3 * BLOCK + 14, 4 * BLOCK + 15],
  ints: 5 * BLOCK,
  packed: 6 * BLOCK,
} as const;
const SIZE = 7 * BLOCK;
const SHAPES = [
  [1, 5, 3],
  [3, 4, 2],
] as const;
const DRAWS = 25;

type Call = (...call: never[]) => unknown;

describe.each(ENTRIES)('the operands of %s', (name, entry) => {
  it.each(SHAPES)('are all that it writes, %i × %i', (rows, n, k) => {
    const call = entry.example(PLACES, rows, n, k) as never[];
    const written = new Set<number>();
    const declared = new Set<number>();
    for (let draw = 0; draw < DRAWS; draw++) {
      const { floats, ints } = randomMemory(draw, rows);
      const before = floats.slice();
      (referenceKernels({ floats, ints })[name] as Call)(...call);
      for (const i of placesOf(entry.operands(...call), ints, ({ access }) => access !== 'reads')) declared.add(i);
      before.forEach((x, i) => {
        if (!Object.is(x, floats[i])) written.add(i);
      });
    }
    // The reference fills no panel up with zeros.
    if (name.startsWith('pack')) for (const i of declared) if (i >= PLACES.packed + k * n) declared.delete(i);
    expect(ascending(written)).toEqual(ascending(declared));
  });

  it.each(SHAPES)('are all that it reads, %i × %i', (rows, n, k) => {
    const call = entry.example(PLACES, rows, n, k) as never[];
    const operands = entry.operands(...call);
    const read = new Set<number>();
    const declared = new Set<number>();
    for (let draw = 0; draw < DRAWS; draw++) {
      const { floats, ints } = randomMemory(draw, rows);
      const inputs = placesOf(operands, ints, ({ access }) => access !== 'writes');
      const outputs = placesOf(operands, ints, ({ access }) => access !== 'reads');
      const resultFrom = (numbers: Float64Array): string => {
        const kernels = referenceKernels({ floats: numbers, ints });
        const result = (kernels[name] as Call)(...call);
        return [result, ...outputs.map((i) => numbers[i])].join();
      };
      const result = resultFrom(floats.slice());
      // What an operand does not hold changes nothing. `pack` leaves the end of a panel as it was.
      const kept = new Set(name.startsWith('pack') ? [...inputs, ...outputs] : inputs);
      expect(resultFrom(floats.map((x, i) => (kept.has(i) ? x : Number.NaN)))).toBe(result);
      // Each number that an operand holds changes something, in this draw or in another.
      for (const i of inputs) {
        declared.add(i);
        if (!read.has(i) && resultFrom(floats.with(i, Number.NaN)) !== result) read.add(i);
      }
    }
    if (name.startsWith('multiply')) for (const i of declared) if (i >= PLACES.packed + k * n) declared.delete(i);
    // Dropout never reads a number that it drops, and the example always drops the same ones.
    if (name !== 'dropout') expect(ascending(read)).toEqual(ascending(declared));
  });
});

it('every function has a case in the suite that compares kernels', () => {
  const called = new Set<FunctionName>();
  const recorded = (kernels: Kernels): Kernels => {
    const copy: Record<string, unknown> = { ...kernels };
    for (const [name] of ENTRIES) {
      copy[name] = (...call: never[]) => {
        called.add(name);
        return (kernels[name] as Call)(...call);
      };
    }
    return copy as unknown as Kernels;
  };
  const some = (count: number) => new Float32Array(count);
  for (const test of CASES) {
    const operands = test.operands(some, (count) => new Int32Array(count), 2, 3);
    run(oracle, operands, (kernels, at) => test.call(recorded(kernels), at, 2, 3));
  }
  const shape = { m: 2, n: 3, k: 4, padA: 0, padB: 0, padC: 0 };
  for (const product of PRODUCTS) {
    run(oracle, product.operands(oracle.kernels, shape, 1), (kernels, at) =>
      product.call(recorded(kernels), at, shape),
    );
  }
  expect(ENTRIES.map(([name]) => name).filter((name) => !called.has(name))).toEqual([]);
});

/** Random numbers in ±2, positive ones from the third block on, and integers from 0 to 2. */
function randomMemory(seed: number, rows: number) {
  const random = numbersFrom(seed);
  const floats = Float64Array.from({ length: SIZE }, (_, i) =>
    i < 2 * BLOCK + 13 ? 4 * random() - 2 : 0.1 + random(),
  );
  const ints = Int32Array.from({ length: SIZE }, () => 0);
  for (let i = 0; i < rows; i++) ints[PLACES.ints + i] = Math.floor(3 * random());
  return { floats, ints };
}

/** The places of the floating-point numbers that some operands hold. */
function placesOf(operands: readonly Operand[], ints: Int32Array, isMeant: (operand: Operand) => boolean): number[] {
  const places: number[] = [];
  for (const operand of operands.filter((each) => each.numbers === 'floats' && isMeant(each))) {
    const { address, columns, stride } = operand;
    for (const row of rowsOf(operand, ints)) {
      for (let j = 0; j < columns; j++) places.push(address + row * stride + j);
    }
  }
  return places;
}

/** The rows that the ids pick, or all rows. */
function rowsOf(operand: Operand, ints: Int32Array): readonly number[] {
  if (typeof operand.rows === 'number') return Array.from({ length: rowCount(operand, ints) }, (_, row) => row);
  const { address, count } = operand.rows;
  return Array.from(ints.subarray(address, address + count));
}

function ascending(numbers: ReadonlySet<number>): number[] {
  return [...numbers].sort((a, b) => a - b);
}
