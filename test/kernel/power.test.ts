import fc from 'fast-check';
import { expect, test } from 'vitest';
import { power } from '../../src/kernel/power.ts';

/** xⁿ rounded once, from the exact product of integers. */
function exactPower(x: number, n: number): number {
  const bits = new BigUint64Array(new Float64Array([x]).buffer)[0]!;
  const mantissa = (bits & ((1n << 52n) - 1n)) | (1n << 52n);
  const whole = mantissa ** BigInt(n);
  const dropped = BigInt(Math.max(0, whole.toString(2).length - 53));
  const half = dropped > 0n ? 1n << (dropped - 1n) : 0n;
  const rest = whole & ((1n << dropped) - 1n);
  const kept = whole >> dropped;
  const up = rest > half || (rest === half && dropped > 0n && (kept & 1n) === 1n);
  return Number(kept + (up ? 1n : 0n)) * 2 ** ((Number(bits >> 52n) - 1075) * n + Number(dropped));
}

test('a power is the exact one, rounded once', () => {
  const base = fc.double({ min: 0.25, max: 1, noNaN: true, maxExcluded: true });
  fc.assert(
    fc.property(base, fc.integer({ min: 1, max: 40 }), (x, n) => {
      expect(power(x, n)).toBe(exactPower(x, n));
    }),
    { numRuns: 2000 },
  );
});

test.each([
  [0.7, 0, 1],
  [0, 3, 0],
  [1, 1e9, 1],
  [0.5, 10, 2 ** -10],
  [0.9, 1e9, 0],
  // Node 20 and 22 round these powers otherwise than Node 24 does, and Node 24 rounds the last one wrongly.
  [0.254, 17, exactPower(0.254, 17)],
  [0.254, 30, exactPower(0.254, 30)],
])('%f to the %i is %f', (x, n, expected) => {
  expect(power(x, n)).toBe(expected);
});
