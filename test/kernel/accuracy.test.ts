import { describe, expect, it } from 'vitest';
import { plain, referenceF32, run, single, wasm } from './subjects.ts';

const SUBJECTS = [referenceF32, ...wasm, ...single, ...plain];

/** Smaller float32 numbers are denormal: they have fewer than 24 bits of precision. */
const SMALLEST_NORMAL = 2 ** -126;

/**
 * Finite floats of every exponent and both signs (every 1999th bit pattern), and, closer together, those from 2⁻²⁰ to 128 in magnitude, where the
 * functions are neither linear nor constant (every 151st).
 */
const EVERYWHERE = floatsOf(0, 2 ** 32, 1999);
const WHERE_IT_BENDS = new Float32Array([
  ...floatsOf(bitsOf(2 ** -20), bitsOf(128), 151),
  ...floatsOf(bitsOf(-(2 ** -20)), bitsOf(-128), 151),
]);
const GRIDS = [EVERYWHERE, WHERE_IT_BENDS];

const TANH = GRIDS.map((grid) => exactly(grid, Math.tanh));
const LOGISTIC = GRIDS.map((grid) => exactly(grid, (x) => 1 / (1 + Math.exp(-x))));

describe.each(SUBJECTS)('$name over the whole range of float32', (subject) => {
  it('tanh: relative error < 5e-7, within ±1', () => {
    const { worst, least, most } = survey('tanhForward', TANH);
    expect(worst).toBeLessThan(5e-7);
    expect(least).toBeGreaterThanOrEqual(-1);
    expect(most).toBeLessThanOrEqual(1);
  });

  it('logistic: relative error < 3e-7 where the result is a normal float; elsewhere the result is denormal or 0; within 0 and 1', () => {
    const { worst, least, most } = survey('logisticForward', LOGISTIC);
    expect(worst).toBeLessThan(3e-7);
    expect(least).toBeGreaterThanOrEqual(0);
    expect(most).toBeLessThanOrEqual(1);
  });

  it('tanh and logistic are exact at 0, −0 and ±∞, and give NaN for NaN', () => {
    const x = Float32Array.from([0, -0, Infinity, -Infinity, Number.NaN]);
    const tanh = run(subject, { x }, (kernels, at) => kernels.tanhForward(at.x!, 5)).x!;
    expect(Array.from(tanh)).toEqual([0, -0, 1, -1, Number.NaN]);
    const logistic = run(subject, { x }, (kernels, at) => kernels.logisticForward(at.x!, 5)).x!;
    expect(Array.from(logistic)).toEqual([0.5, 0.5, 1, 0, Number.NaN]);
  });

  it('softmax of two logits 0 and x ≤ 0: relative error of e^x / (1 + e^x) < 4e-7 where it is a normal float', () => {
    const xs = WHERE_IT_BENDS.filter((x) => x <= 0).filter((_, i) => i % 9 === 0);
    const logits = new Float32Array(2 * xs.length);
    xs.forEach((x, i) => {
      logits[2 * i + 1] = x;
    });
    const rows = xs.length;
    const operands = { logits, losses: new Float32Array(rows), targets: new Int32Array(rows) };
    const result = run(subject, operands, (kernels, at) =>
      kernels.softmaxCrossEntropy(at.logits!, at.losses!, at.targets!, rows, 2, 1),
    );
    let worst = 0;
    xs.forEach((x, i) => {
      const expected = Math.exp(x) / (1 + Math.exp(x));
      if (expected >= SMALLEST_NORMAL) {
        worst = Math.max(worst, Math.abs(result.logits![2 * i + 1]! / expected - 1));
      }
    });
    expect(worst).toBeLessThan(4e-7);
  });

  /** The worst relative error on both grids, and the least and the greatest result; NaN where a result is not a number. */
  function survey(name: 'tanhForward' | 'logisticForward', exact: readonly Float64Array[]) {
    let [worst, least, most] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const [index, x] of GRIDS.entries()) {
      const y = run(subject, { x }, (kernels, at) => kernels[name](at.x!, x.length)).x!;
      for (let i = 0; i < y.length; i++) {
        const actual = y[i]!;
        const expected = exact[index]![i]!;
        least = Math.min(least, actual);
        most = Math.max(most, actual);
        if (Math.abs(expected) >= SMALLEST_NORMAL) worst = Math.max(worst, Math.abs(actual / expected - 1));
        else if (!(Math.abs(actual) < 1.0001 * SMALLEST_NORMAL)) worst = Number.POSITIVE_INFINITY;
      }
    }
    return { worst, least, most };
  }
});

function exactly(grid: Float32Array, f: (x: number) => number): Float64Array {
  const values = new Float64Array(grid.length);
  for (let i = 0; i < grid.length; i++) values[i] = f(grid[i]!);
  return values;
}

function bitsOf(x: number): number {
  return new Uint32Array(Float32Array.of(x).buffer)[0]!;
}

function floatsOf(from: number, to: number, step: number): Float32Array {
  const bits = new Uint32Array(Math.ceil((to - from) / step));
  for (let i = 0; i < bits.length; i++) bits[i] = from + i * step;
  return new Float32Array(bits.buffer).filter(Number.isFinite);
}
