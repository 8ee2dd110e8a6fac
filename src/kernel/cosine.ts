/**
 * cos πx for 0 ≤ x ≤ 1, with an error of at most 2⁻⁵². Only additions and multiplications are used, which every engine rounds alike. `Math.cos` is
 * not the same in every V8: that of Chrome 156 gives other last digits than those of Node 20 to 26.
 */
export function cosineOfPi(x: number): number {
  if (x > 0.5) return -cosineOfPi(1 - x);
  return x > 0.25 ? series(SINE, Math.PI * (0.5 - x)) : series(COSINE, Math.PI * x);
}

/** The coefficients of Taylor's series up to the last that counts where |x| ≤ π/4: those of xⁿ with n = from, from + 2, … */
function coefficients(from: 0 | 1): readonly number[] {
  const found = [1];
  for (let n = from + 2; n <= LAST_POWER; n += 2) found.push(-found.at(-1)! / (n * (n - 1)));
  return found;
}

/** (π/4)¹⁹ / 19! < 2⁻⁶². */
const LAST_POWER = 19;

const COSINE = { first: 0, coefficients: coefficients(0) } as const;
const SINE = { first: 1, coefficients: coefficients(1) } as const;

/** Σ cₖ x^(first + 2k), the smallest terms first. */
function series({ first, coefficients: c }: typeof COSINE | typeof SINE, x: number): number {
  const square = x * x;
  const sum = c.reduceRight((tail, each) => each + square * tail, 0);
  return first === 0 ? sum : x * sum;
}
