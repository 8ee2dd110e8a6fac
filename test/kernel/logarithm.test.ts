import { describe, expect, test } from 'vitest';
import { logarithm } from '../../src/kernel/logarithm.ts';

describe('ln x', () => {
  test('is exact at 1, and that of the engine elsewhere, but for the last digits', () => {
    expect(logarithm(1)).toBe(0);
    const places = [2 ** -53, 2 ** -32, 1 - 2 ** -53, 1 - 2 ** -32, Math.SQRT1_2];
    for (let i = 1; i < 4000; i++) places.push(i / 4000);
    expect(places.filter((x) => !(Math.abs(logarithm(x) / Math.log(x) - 1) < 2 ** -50))).toEqual([]);
  });

  test('rises from 0 to 1', () => {
    const values = Array.from({ length: 4000 }, (_, i) => logarithm((i + 1) / 4000));
    expect(values.slice(1).filter((value, i) => value <= values[i]!)).toEqual([]);
  });

  /** Computed on x86-64 with Node 24.21: every engine must give these bits. */
  test('has frozen bits', () => {
    const bits = [1e-9, 0.1, 0.3, 0.7, 0.9].map((x) =>
      Buffer.from(new Float64Array([logarithm(x)]).buffer).toString('hex'),
    );
    expect(bits).toMatchInlineSnapshot(`
      [
        "b8ff2bf327b934c0",
        "1555b5bbb16b02c0",
        "20a7bdfc7843f3bf",
        "4f3fe124c3d3d6bf",
        "5b410a21e8f8babf",
      ]
    `);
  });
});
