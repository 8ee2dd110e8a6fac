import { describe, expect, test } from 'vitest';
import { Arena } from '../../src/kernel/arena.ts';
import { checkedKernels } from '../../src/kernel/checked.ts';
import { referenceKernels } from '../../src/kernel/reference.ts';
import { DropConnect } from '../../src/nn/dropconnect.ts';
import { Dropout } from '../../src/nn/dropout.ts';
import { updateKey } from '../../src/nn/dropout-key.ts';
import { Manifest } from '../../src/nn/manifest.ts';
import { Signal } from '../../src/nn/signal.ts';
import { SMALL } from '../helpers/network.ts';

const STEPS = 10;
const ROWS = 8;
const WIDTH = 50;

function openKernels(arena: Arena) {
  const floats = new Float64Array(arena.bytes / 8);
  return checkedKernels(referenceKernels({ floats, ints: new Int32Array(floats.buffer) }), arena);
}

/** What becomes of ones [T][B][width]: rows of steps, each a string of 0 and 1 where a number is dropped or kept. */
function masks(probability: number, variational: boolean, key: number | undefined, site = -1): string[][] {
  const arena = new Arena(8);
  const size = STEPS * ROWS * WIDTH;
  const shape = { steps: STEPS, rows: ROWS, training: true };
  const input = Signal.allocate(arena, shape, WIDTH);
  const dropout = new Dropout(input, { arena, shape, probability, variational, site });
  const k = openKernels(arena);
  k.fill(input.values, 1, size);
  k.fill(input.gradients, 1, size);
  // In two slices of rows, as two threads would.
  for (const range of [
    { start: 0, end: 3 },
    { start: 3, end: ROWS },
  ]) {
    dropout.forward(k, { rows: range, steps: STEPS, sourceSteps: 0, key });
    dropout.backward(k, { rows: range, steps: STEPS, sourceSteps: 0, key });
  }
  const out = k.floats.subarray(dropout.output.values, dropout.output.values + size);
  expect(k.floats.subarray(input.gradients, input.gradients + size)).toEqual(out);
  for (const value of out) expect([0, 1 / (1 - (key === undefined ? 0 : probability))]).toContain(value);
  return Array.from({ length: STEPS }, (_, step) =>
    Array.from({ length: ROWS }, (_, row) => {
      const at = (step * ROWS + row) * WIDTH;
      return Array.from(out.subarray(at, at + WIDTH), (value) => Number(value > 0)).join('');
    }),
  );
}

const shareKept = (drawn: string[][]): number => {
  const all = drawn.flat().join('');
  return all.replaceAll('0', '').length / all.length;
};

describe('dropout', () => {
  test.each([0.1, 0.5, 0.9])('with probability %d drops that share, within four standard deviations', (p) => {
    const numbers = STEPS * ROWS * WIDTH;
    const deviation = Math.sqrt((p * (1 - p)) / numbers);
    expect(Math.abs(shareKept(masks(p, false, 1)) - (1 - p))).toBeLessThan(4 * deviation);
  });

  test('drops other numbers in every row of every step, in every update, and at every site', () => {
    const drawn = masks(0.5, false, updateKey(7, 1));
    expect(new Set(drawn.flat()).size).toBe(STEPS * ROWS);
    for (const other of [masks(0.5, false, updateKey(7, 2)), masks(0.5, false, updateKey(7, 1), -2)]) {
      expect(other.flat().filter((row, index) => row === drawn.flat()[index])).toEqual([]);
    }
  });

  test('variational, drops the same numbers at all steps, and others in every row', () => {
    const drawn = masks(0.5, true, updateKey(7, 1));
    for (const step of drawn) expect(step).toEqual(drawn[0]);
    expect(new Set(drawn[0]).size).toBe(ROWS);
  });

  test('without a key drops nothing', () => {
    expect(shareKept(masks(0.5, false, undefined))).toBe(1);
  });

  test('keys of a thousand updates all differ', () => {
    expect(new Set(Array.from({ length: 1000 }, (_, update) => updateKey(5, update))).size).toBe(1000);
  });
});

describe('DropConnect', () => {
  test('masks the matrices named and no others, by the same numbers forward and backward, in any shares', () => {
    const manifest = new Manifest({ ...SMALL, hidden: 20, layers: 2 });
    const arena = new Arena(8);
    const values = arena.float(manifest.size);
    const gradients = arena.float(manifest.size);
    const names = ['layers.0.recurrent', 'layers.1.recurrent'] as const;
    const dropped = new DropConnect(
      arena,
      manifest.views,
      ({ tensor }) => ({ [names[0]]: 0.5, [names[1]]: 0.25 })[tensor] ?? 0,
    );
    const k = openKernels(arena);
    k.fill(values, 1, manifest.size);
    k.fill(gradients, 1, manifest.size);
    const middle = manifest.view(names[0]).offset + 77;
    for (const range of [
      { start: 0, end: middle },
      { start: middle, end: manifest.size },
    ]) {
      dropped.forward(k, values, range, 3);
      dropped.backward(k, gradients, range, 3);
    }
    expect([...dropped.copies.keys()]).toEqual(names);
    for (const { name, offset, size } of manifest.views) {
      const gradient = k.floats.slice(gradients + offset, gradients + offset + size);
      const copy = dropped.copies.get(name);
      if (copy === undefined) expect(gradient).toEqual(new Float64Array(size).fill(1));
      else expect(k.floats.slice(copy, copy + size)).toEqual(gradient);
    }
    const share = (name: string): number => {
      const { offset, size } = manifest.view(name);
      return (
        k.floats.subarray(gradients + offset, gradients + offset + size).filter((value) => value === 0).length / size
      );
    };
    expect(Math.abs(share(names[0]) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 1600));
    expect(Math.abs(share(names[1]) - 0.25)).toBeLessThan(4 * Math.sqrt(0.1875 / 1600));
  });
});
