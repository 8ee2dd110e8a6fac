/**
 * ln x for 0 < x ≤ 1, with an error of a few units in the last place. Only additions, multiplications and divisions are used, which every engine
 * rounds alike. `Math.log` is not the same in every engine.
 *
 *     x = m · 2ᵉ with √½ < m ≤ √2, and ln x = e ln 2 + 2 artanh s with s = (m − 1) / (m + 1)
 */
export function logarithm(x: number): number {
  let [m, e] = [x, 0];
  for (; m <= Math.SQRT1_2; m *= 2) e--;
  const s = (m - 1) / (m + 1);
  const square = s * s;
  const sum = ODD.reduceRight((tail, odd) => 1 / odd + square * tail, 0);
  return e * Math.LN2 + 2 * s * sum;
}

/** The powers of artanh's series, Σ sⁿ/n, up to the last that counts: |s| ≤ 0.1716, and 0.1716²³ < 2⁻⁵⁸. */
const ODD = [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23] as const;
