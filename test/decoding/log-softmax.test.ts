import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logSoftmax } from '../../src/decoding/log-softmax.ts';

function logs(...logits: number[]): number[] {
  const out = new Float64Array(logits.length);
  logSoftmax(out, Float32Array.from(logits));
  return [...out];
}

const float = (range: number) => fc.float({ min: -range, max: range, noNaN: true });
const logitsOf = (range: number) => fc.array(float(range), { minLength: 1, maxLength: 40 });

describe('logSoftmax', () => {
  test('equals log(e^x / Σ e^x) computed directly, difference < 1e-12', () => {
    fc.assert(
      fc.property(logitsOf(30), (logits) => {
        const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
        for (const [j, log] of logs(...logits).entries()) {
          expect(Math.abs(log - Math.log(Math.exp(logits[j]!) / sum))).toBeLessThan(1e-12);
        }
      }),
    );
  });

  test('is of probabilities that add up to 1, to 1e-12', () => {
    fc.assert(
      fc.property(logitsOf(500), (logits) => {
        const sum = logs(...logits).reduce((total, log) => total + Math.exp(log), 0);
        expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
      }),
    );
  });

  test('is the same after a constant is added to every logit', () => {
    expect(logs(1025, 1027, 1024)).toEqual(logs(1, 3, 0).map((log) => expect.closeTo(log, 12)));
  });

  test('of one symbol is 0', () => {
    expect(logs(-3.5)).toEqual([0]);
  });

  test.each([[88], [700], [1e6], [2 ** 60], [1e38], [-1e38]])('of three equal logits of %d is −log 3', (logit) => {
    expect(logs(logit, logit, logit)).toEqual(Array(3).fill(expect.closeTo(-Math.log(3), 12)));
  });

  test('of logits far apart is their distance from the greatest', () => {
    expect(logs(1000, 0, -1000)).toEqual([0, -1000, -2000]);
    const big = Math.fround(3e38);
    expect(logs(big, -big)).toEqual([0, -2 * big]);
  });

  test('of −Infinity is −Infinity, and the others are as without it', () => {
    const [impossible, ...others] = logs(Number.NEGATIVE_INFINITY, 1, 2);
    expect(impossible).toBe(Number.NEGATIVE_INFINITY);
    expect(others).toEqual(logs(1, 2));
    expect(logs(Number.NEGATIVE_INFINITY, -1e30)).toEqual([Number.NEGATIVE_INFINITY, 0]);
  });
});
