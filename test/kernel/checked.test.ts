import { afterEach, describe, expect, it, vi } from 'vitest';
import { Arena } from '../../src/kernel/arena.ts';
import { checkedIfAsked, checkedKernels } from '../../src/kernel/checked.ts';
import { chooseKernel } from '../../src/kernel/choose.ts';
import { type Kernels, NONE } from '../../src/kernel/contract.ts';
import { openKernels } from '../../src/kernel/engine.ts';
import { referenceKernels } from '../../src/kernel/reference.ts';
import { ENTRIES } from '../../src/kernel/table.ts';
import { makeNetwork, randomSymbols, SMALL, totalLoss } from '../helpers/network.ts';

// Float32 numbers 0 to 16383 are reserved. Each block of 100 numbers is rounded up to 112.
const arena = new Arena();
const [a, b, c, d] = [arena.float(100), arena.float(100), arena.float(100), arena.float(100)];
const ids = arena.int(4);
const tensors = arena.float(30);
arena.divide(tensors, [10, 0, 20]);
const END = arena.bytes / 4;

const plain = reference();
const kernels = checkedKernels(plain, arena);
const withoutArena = checkedKernels(plain);

function reference(): Kernels {
  const floats = new Float32Array(END);
  return referenceKernels({ floats, ints: new Int32Array(floats.buffer) });
}

function withIds(values: readonly number[]): void {
  plain.ints.set(values, ids);
}

describe('checked kernels', () => {
  it('compute what the kernels compute', () => {
    plain.floats.fill(2, a, a + 100);
    kernels.fill(b, 3, 100);
    expect(kernels.sumOfSquares(b, 100)).toBe(900);
    expect(plain.floats[b + 99]).toBe(3);
    expect(plain.floats[b + 100]).toBe(0);
  });

  it.each<[what: string, call: (k: Kernels) => void, message: string]>([
    [
      'a fractional address',
      (k) => k.fill(a + 0.5, 0, 1),
      `fill: out has the address ${a + 0.5}, which is not a whole number`,
    ],
    ['no address', (k) => k.fill(Number.NaN, 0, 1), 'fill: out has the address NaN, which is not a whole number'],
    ['a negative size', (k) => k.tanhForward(a, -1), 'tanhForward: a has -1 columns, which is not a size'],
    ['half a row', (k) => k.keepRows(a, b, ids, 1.5, 3), 'keepRows: out has 1.5 rows, which is not a size'],
    ['no number of columns', (k) => k.clamp(a, 1, Number.NaN), 'clamp: g has NaN columns, which is not a size'],
    [
      'a negative stride',
      (k) => k.sumRows(a, b, 1, 3, -3),
      'sumRows: d has -3 numbers from row to row, which is not a size',
    ],
    [
      'rows that run into each other',
      (k) => k.sumRows(a, b, 3, 10, 9),
      'sumRows: d has rows of 10 numbers that lie only 9 apart',
    ],
    [
      'one row for all where the contract wants a matrix',
      (k) => k.multiply(a, b, c, d, 2, 3, 4, 3, 3, 0),
      'multiply: a has rows of 4 numbers that lie only 0 apart',
    ],
    [
      'the reserved start',
      (k) => k.fill(NONE, 0, 5),
      'fill: out takes numbers 0 to 4, but those before 16384 are reserved',
    ],
    [
      'the end of the memory',
      (k) => k.fill(END - 2, 0, 4),
      `fill: out takes numbers ${END - 2} to ${END + 1}, but the memory has numbers 0 to ${END - 1}`,
    ],
    [
      'an address before the memory',
      (k) => k.fill(-5, 0, 2),
      'fill: out takes numbers -5 to -4, but those before 16384 are reserved',
    ],
    [
      'a vector that overlaps its input',
      (k) => k.average(a, a + 4, 10, 0.5),
      `average: mean (10 numbers at ${a}) overlaps p (10 numbers at ${a + 4})`,
    ],
    [
      'an output that is an input',
      (k) => k.tanhBackward(a, a, 10),
      `tanhBackward: h (10 numbers at ${a}) overlaps dh (10 numbers at ${a})`,
    ],
    [
      'two outputs at one place',
      (k) => k.lstmForward(b, b, c, d, 2, 3),
      `lstmForward: h (2 rows of 3 numbers at ${b}, 3 apart) overlaps cell (2 rows of 3 numbers at ${b}, 3 apart)`,
    ],
    [
      'in place, but shifted',
      (k) => k.dropout(a + 1, a, 10, 0, 1, 0.5),
      `dropout: out (10 numbers at ${a + 1}) overlaps a (10 numbers at ${a})`,
    ],
    [
      'sums that start from C with another stride',
      (k) => k.multiply(a, a, b, c, 2, 3, 4, 5, 3, 4),
      `multiply: c (2 rows of 3 numbers at ${a}, 5 apart) overlaps start (2 rows of 3 numbers at ${a}, 3 apart)`,
    ],
    [
      'rows between rows that meet',
      (k) => k.multiplyTransposed(a, a + 2, b, 3, 3, 3, 6, 6, 3),
      `multiplyTransposed: c (3 rows of 3 numbers at ${a}, 6 apart) overlaps a (3 rows of 3 numbers at ${a + 2}, 6 apart)`,
    ],
  ])('refuse %s', (_what, call, message) => {
    for (const each of [kernels, withoutArena]) expect(() => call(each)).toThrow(new RangeError(message));
  });

  it.each<[what: string, call: () => void, message: string]>([
    [
      'a vector that runs into the next block',
      () => kernels.fill(a, 0, 101),
      `fill: out takes numbers ${a} to ${a + 100}, but its block has numbers ${a} to ${a + 99}`,
    ],
    [
      'a matrix whose stride takes it into the next block',
      () => kernels.sumRows(b, a, 10, 5, 11),
      `sumRows: d takes numbers ${a} to ${a + 103}, but its block has numbers ${a} to ${a + 99}`,
    ],
    [
      'a packed matrix without room for its last panel',
      () => kernels.pack(a, b, 4, 17, 17),
      `pack: packed takes numbers ${a} to ${a + 127}, but its block has numbers ${a} to ${a + 99}`,
    ],
    [
      'the gap between two blocks',
      () => kernels.fill(a + 105, 0, 1),
      `fill: out takes numbers ${a + 105} to ${a + 105}, but no block has the first`,
    ],
    [
      'a matrix that runs from one tensor into the next',
      () => kernels.addKeptRows(a, tensors + 5, ids, 1, 6),
      `addKeptRows: a takes numbers ${tensors + 5} to ${tensors + 10}, but its block has numbers ${tensors} to ${tensors + 9}`,
    ],
  ])('that know the arena refuse %s', (_what, call, message) => {
    withIds([0, 0, 0, 0]);
    expect(call).toThrow(new RangeError(message));
  });

  it('let updates and `fill` run on from one tensor into the next', () => {
    kernels.fill(tensors, 1, 30);
    expect(kernels.sumOfSquares(tensors + 5, 20)).toBe(20);
  });

  it('refuse an id that is no row, or whose row is not in the table', () => {
    withIds([0, -1, 2, 0]);
    const gather = (rows: number) => () => kernels.gatherRows(b, a, ids, NONE, rows, 30);
    expect(gather(2)).toThrow(new RangeError('gatherRows: ids has -1 at place 1, which is no row'));
    withIds([0, 2, 3, 0]);
    expect(gather(2)).not.toThrow();
    expect(() => kernels.gatherRows(b, a, ids, NONE, 3, 30)).toThrow(
      new RangeError(`gatherRows: table takes numbers ${a} to ${a + 119}, but its block has numbers ${a} to ${a + 99}`),
    );
    expect(() => kernels.scatterRows(a, b, ids, 3, 1, 40, 1)).toThrow(
      new RangeError(
        `scatterRows: table takes numbers ${a} to ${a + 120}, but its block has numbers ${a} to ${a + 99}`,
      ),
    );
    expect(() => kernels.gatherRows(b, a, ids + 2, NONE, 3, 1)).toThrow(
      /^gatherRows: ids takes numbers \d+ to \d+, but its/,
    );
  });

  it('refuse a target that is no symbol; a negative one stands for none', () => {
    withIds([-1, 4, 5, 0]);
    expect(() => kernels.softmaxCrossEntropy(a, b, ids, 2, 5, 1)).not.toThrow();
    expect(() => kernels.softmaxCrossEntropy(a, b, ids, 3, 5, 1)).toThrow(
      new RangeError('softmaxCrossEntropy: targets has 5 at place 2, which is not less than 5'),
    );
  });

  it('allow what the contract allows', () => {
    withIds([0, 1, 1, 0]);
    kernels.fill(Number.MAX_SAFE_INTEGER, 0, 0); // nothing is written
    kernels.keepRows(a, a, ids, 4, 5); // in place
    kernels.dropout(a, a, 10, 0, 1, 0.5);
    kernels.gatherRows(b, a, ids, NONE, 4, 5); // no bias
    kernels.multiply(a, a, b, c, 2, 3, 4, 3, 3, 4); // added to C
    kernels.multiply(a, d, b, c, 2, 3, 4, 3, 0, 4); // from one row
    kernels.multiply(a, d, a + 3, c, 4, 3, 3, 6, 0, 6); // columns beside the output's
    kernels.multiplyTransposed(a, a + 3, a + 6, 3, 3, 3, 9, 9, 9);
    kernels.sumRows(a, a + 5, 3, 4, 4); // an output just before its input
  });

  it('check every function of the contract', () => {
    for (const [name, entry] of ENTRIES) {
      const call = entry.example({ blocks: [1, 2, 3, 4, 5], ints: 6, packed: 7 }, 2, 3, 4) as never[];
      expect(() => (kernels[name] as (...call: never[]) => void)(...call), name).toThrow(RangeError);
    }
  });
});

describe('checkedIfAsked', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('gives the kernels themselves where RNN_CHECK_KERNELS is not set', () => {
    vi.stubEnv('RNN_CHECK_KERNELS', '');
    expect(checkedIfAsked(plain, arena)).toBe(plain);
    vi.stubEnv('RNN_CHECK_KERNELS', '1');
    expect(checkedIfAsked(plain, arena)).not.toBe(plain);
  });

  it.each(['js', 'auto'] as const)('makes the tests run %s kernels that are checked', (name) => {
    const planned = new Arena();
    const block = planned.float(10);
    planned.float(10);
    const opened = openKernels(chooseKernel(name), planned);
    expect(() => opened.fill(block, 0, 10)).not.toThrow();
    expect(() => opened.fill(block, 0, 11)).toThrow(RangeError);
  });
});

it('a network that strides over neighbouring tensors is caught: tied, with an embedding narrower than its layers', () => {
  const config = { ...SMALL, hidden: 16, embedding: 8, tied: true };
  const run = () => {
    const network = makeNetwork(config, { steps: 2, rows: 2, training: true }, 1);
    randomSymbols(network, 1);
    totalLoss(network);
  };
  expect(run).toThrow(/^packTransposed: b takes numbers \d+ to \d+, but its block has/);
});
