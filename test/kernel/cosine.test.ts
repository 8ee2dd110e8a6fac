import { describe, expect, test } from 'vitest';
import { cosineOfPi } from '../../src/kernel/cosine.ts';

describe('cos πx', () => {
  test('is exact where it is a whole number or a half', () => {
    expect([0, 0.5, 1].map(cosineOfPi)).toEqual([1, 0, -1]);
    expect(cosineOfPi(1 / 3)).toBeCloseTo(0.5, 15);
    expect(cosineOfPi(2 / 3)).toBeCloseTo(-0.5, 15);
  });

  test('is that of the engine, but for the last digits', () => {
    for (let i = 0; i <= 4000; i++) {
      expect(Math.abs(cosineOfPi(i / 4000) - Math.cos((Math.PI * i) / 4000)), `${i}/4000`).toBeLessThan(2 ** -50);
    }
  });

  test('falls from 0 to 1', () => {
    for (let i = 1; i <= 4000; i++) expect(cosineOfPi(i / 4000)).toBeLessThan(cosineOfPi((i - 1) / 4000));
  });

  /** Computed on x86-64 with Node 24.21: every engine must give these bits. */
  test('has frozen bits', () => {
    const bits = [0.1, 0.2, 0.3, 0.7, 0.9].map((x) =>
      Buffer.from(new Float64Array([cosineOfPi(x)]).buffer).toString('hex'),
    );
    expect(bits).toMatchInlineSnapshot(`
      [
        "ff5444130e6fee3f",
        "a8f4979b77e3e93f",
        "5e5a750423cfe23f",
        "5d5a750423cfe2bf",
        "005544130e6feebf",
      ]
    `);
  });
});
