/**
 * Vector functions. Their constants are read from a table by `v128.load32_splat`: V8 would rebuild a constant vector at every
 * use. `pmin` and `pmax` are one instruction each, and keep a NaN that stands in their first operand.
 */

const EXP = memory.data<f32>([
  89.0, // 0: above ln 2^127.5, the result is ∞
  -88.0, // 4: below ln 2^-126.5, it is 0
  1.44269504088896341, // 8: 1 / ln 2
  12583039.0, // 12: 1.5 · 2^23 + 127
  -0.693359375, // 16: −ln 2, upper part
  2.12194440e-4, // 20: −ln 2, lower part
  1.9875691500e-4, // 24: Cephes expf, from the highest power
  1.3981999507e-3,
  8.3334519073e-3,
  4.1665795894e-2,
  1.6666665459e-1,
  5.0000001201e-1,
  1.0, // 48
]);

const TANH = memory.data<f32>([
  9.0, // 0: tanh rounds to 1 beyond
  -9.0,
  -2.76076847742355e-16, // 8: numerator / x, from the highest power of x²
  2.00018790482477e-13,
  -8.60467152213735e-11,
  5.12229709037114e-8,
  1.48572235717979e-5,
  6.37261928875436e-4,
  4.89352455891786e-3,
  1.19825839466702e-6, // 36: denominator
  1.18534705686654e-4,
  2.26843463243900e-3,
  4.89352518554385e-3,
  1.0, // 52
  -1.0,
]);

/**
 * e^x = 2^n · e^r with n = round(x / ln 2), |r| ≤ ln 2 / 2, and the polynomial of Cephes' expf (Moshier) for e^r.
 *
 * Relative error < 2e-7 wherever the result is a normal float and x < 88.37; 0 and ∞ beyond. Exact at 0 and ±∞.
 *
 * Adding 1.5 · 2^23 + 127 rounds to an integer and leaves it, with the exponent's bias, in the lowest bits: shifted into
 * the exponent's place they are 2^n. Both ends of the range clamp to an n whose power is 0 or ∞.
 */
@inline
export function exp(x: v128): v128 {
  x = f32x4.pmin(x, v128.load32_splat(EXP, 0));
  x = f32x4.pmax(x, v128.load32_splat(EXP, 4));
  const shifted = f32x4.relaxed_madd(x, v128.load32_splat(EXP, 8), v128.load32_splat(EXP, 12));
  const n = f32x4.sub(shifted, v128.load32_splat(EXP, 12));
  let r = f32x4.relaxed_madd(n, v128.load32_splat(EXP, 16), x);
  r = f32x4.relaxed_madd(n, v128.load32_splat(EXP, 20), r);
  let p = f32x4.relaxed_madd(r, v128.load32_splat(EXP, 24), v128.load32_splat(EXP, 28));
  p = f32x4.relaxed_madd(p, r, v128.load32_splat(EXP, 32));
  p = f32x4.relaxed_madd(p, r, v128.load32_splat(EXP, 36));
  p = f32x4.relaxed_madd(p, r, v128.load32_splat(EXP, 40));
  p = f32x4.relaxed_madd(p, r, v128.load32_splat(EXP, 44));
  p = f32x4.relaxed_madd(p, r, v128.load32_splat(EXP, 48));
  p = f32x4.relaxed_madd(p, r, v128.load32_splat(EXP, 48));
  return f32x4.mul(p, i32x4.shl(shifted, 23));
}

/** 1 / (1 + e^−x). Relative error < 3e-7 wherever the result is a normal float. Exact at 0 and ±∞. */
@inline
export function logistic(x: v128): v128 {
  const e = exp(f32x4.neg(x));
  return f32x4.div(one(), f32x4.add(one(), e));
}

/**
 * tanh x = x · P(x²) / Q(x²), the rational approximation of Eigen's `ptanh` (degrees 13 and 6).
 *
 * Relative error < 4e-7. Exact at 0 and ±∞. The quotient comes first, so that denormal x lose nothing.
 */
@inline
export function tanh(x: v128): v128 {
  x = f32x4.pmin(x, v128.load32_splat(TANH, 0));
  x = f32x4.pmax(x, v128.load32_splat(TANH, 4));
  const s = f32x4.mul(x, x);
  let p = f32x4.relaxed_madd(s, v128.load32_splat(TANH, 8), v128.load32_splat(TANH, 12));
  p = f32x4.relaxed_madd(p, s, v128.load32_splat(TANH, 16));
  p = f32x4.relaxed_madd(p, s, v128.load32_splat(TANH, 20));
  p = f32x4.relaxed_madd(p, s, v128.load32_splat(TANH, 24));
  p = f32x4.relaxed_madd(p, s, v128.load32_splat(TANH, 28));
  p = f32x4.relaxed_madd(p, s, v128.load32_splat(TANH, 32));
  let q = f32x4.relaxed_madd(s, v128.load32_splat(TANH, 36), v128.load32_splat(TANH, 40));
  q = f32x4.relaxed_madd(q, s, v128.load32_splat(TANH, 44));
  q = f32x4.relaxed_madd(q, s, v128.load32_splat(TANH, 48));
  const y = f32x4.mul(x, f32x4.div(p, q));
  return f32x4.pmax(f32x4.pmin(y, v128.load32_splat(TANH, 52)), v128.load32_splat(TANH, 56));
}

/** 1 in every lane. */
@inline
export function one(): v128 {
  return v128.load32_splat(EXP, 48);
}
