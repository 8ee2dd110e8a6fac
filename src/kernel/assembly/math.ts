import { madd } from './fused';
import { bytes } from './lanes';
import { scratchTile } from './scratch';

// Functions of spans of numbers. They handle sixteen numbers at a time: each number's computation is a long chain of
// dependent operations, and four vectors side by side keep the processor busy meanwhile. The four also share each constant.
//
// Constants are read from tables by `v128.load32_splat`. V8 would build a constant vector anew at every use.
//
// `pmin` and `pmax` are one instruction each, and return their first operand where it is NaN.

/** Numbers handled at a time. The rest of a span is handled by the same code, so that every number sees the same operations. */
const STEP: i32 = 16;

const EXP = memory.data<f32>([
  88.0, // 0: from ln 2^126.5 on, e^−x counts as 0
  -89.0, // 4: below −ln 2^127.5, e^−x is ∞
  -1.44269504, // 8: −1 / ln 2
  12583039.0, // 12: 1.5 · 2^23 + 127
  0.693359375, // 16: ln 2, upper part
  -2.1219444e-4, // 20: ln 2, lower part
  1.3814174e-3, // 24: coefficients of (−r)^6 … (−r)^2, then r and 1
  -8.3689215e-3,
  4.1668408e-2,
  -1.666652e-1,
  4.9999994e-1,
  -1.0,
  1.0, // 48
]);

const TANH = memory.data<f32>([
  ASC_FEATURE_RELAXED_SIMD ? 7.932197 : 7.8362703, // 0: the first x where the quotient, as rounded by the build, gives 1
  ASC_FEATURE_RELAXED_SIMD ? -7.932197 : -7.8362703,
  -2.76076847742355e-16, // 8: numerator / x, from the highest power of x²
  2.00018790482477e-13,
  -8.60467152213735e-11,
  5.12229709037114e-8,
  1.48572235717979e-5,
  6.37261928875436e-4,
  4.89352455891786e-3,
  1.19825839466702e-6, // 36: denominator
  1.18534705686654e-4,
  2.268434632439e-3,
  4.89352518554385e-3,
]);

/** x ← 1 / (1 + e^−x). The relative error is below 3e-7 wherever the result is a normal float. Exact at 0 and ±∞. */
export function logisticSpan(x: usize, n: i32): void {
  const last = scratchTile();
  const hasSixteen = saveLast(last, x, n);
  for (; n >= STEP; n -= STEP, x += bytes(STEP)) exp16(x, x, 0, true);
  if (n === 0) return;
  if (hasSixteen) {
    exp16(x - bytes(STEP - n), last, 0, true);
  } else {
    exp16(last, last, 0, true);
    copy(x, last, n);
  }
}

/**
 * x ← e^(x − max), where `max` is the address of a number. The relative error is below 2e-7 wherever the result is a normal float;
 * smaller results are 0.
 */
export function expSpan(x: usize, n: i32, max: usize): void {
  const last = scratchTile();
  const hasSixteen = saveLast(last, x, n);
  for (; n >= STEP; n -= STEP, x += bytes(STEP)) exp16(x, x, max, false);
  if (n === 0) return;
  if (hasSixteen) {
    exp16(x - bytes(STEP - n), last, max, false);
  } else {
    exp16(last, last, max, false);
    copy(x, last, n);
  }
}

/** out ← tanh x. The relative error is below 5e-7. Exact at 0 and ±∞. May work in place. */
export function tanhSpan(out: usize, x: usize, n: i32): void {
  const last = scratchTile();
  const hasSixteen = saveLast(last, x, n);
  for (; n >= STEP; n -= STEP, out += bytes(STEP), x += bytes(STEP)) tanh16(out, x);
  if (n === 0) return;
  if (hasSixteen) {
    tanh16(out - bytes(STEP - n), last);
  } else {
    tanh16(last, last);
    copy(out, last, n);
  }
}

/**
 * Copies the last sixteen numbers of a span to `last`, or all of them where there are fewer. Returns whether there are sixteen.
 *
 * Where the length of a span is no multiple of sixteen, the last sixteen results are computed from this copy; some of these numbers
 * are computed a second time, to the same bits. The copy is made before anything else: a wide load that soon follows narrow
 * stores to the same place has to wait.
 */
@inline
function saveLast(last: usize, x: usize, n: i32): bool {
  const hasSixteen = n >= STEP;
  if (!hasSixteen) copy(last, x, n);
  else if (n % STEP !== 0) copy(last, x + bytes(n - STEP), STEP);
  return hasSixteen;
}

/**
 * e^−x = 2^n · e^−r with n = round(−x / ln 2) and |r| ≤ ln 2 / 2 (Cody and Waite's reduction, with ln 2 in two parts).
 * e^−r = 1 − r + r² (c₂ + … + c₆ r⁴). Remez' algorithm gave the coefficients; their relative error is at most 4e-9.
 *
 * Adding 1.5 · 2^23 + 127 rounds to an integer. The sum's lowest bits are then n plus the bias of a float's exponent; shifted to the
 * exponent's place, they are the float 2^n. x is first limited to a range at whose ends 2^n is 0 or ∞.
 */
@inline
function exp16(out: usize, a: usize, max: usize, isLogistic: bool): void {
  let x0 = v128.load(a), x1 = v128.load(a, 16), x2 = v128.load(a, 32), x3 = v128.load(a, 48);
  let c: v128;
  if (!isLogistic) {
    c = v128.load32_splat(max);
    x0 = f32x4.sub(c, x0); x1 = f32x4.sub(c, x1); x2 = f32x4.sub(c, x2); x3 = f32x4.sub(c, x3);
  }
  c = v128.load32_splat(EXP, 0);
  x0 = f32x4.pmin(x0, c); x1 = f32x4.pmin(x1, c); x2 = f32x4.pmin(x2, c); x3 = f32x4.pmin(x3, c);
  c = v128.load32_splat(EXP, 4);
  x0 = f32x4.pmax(x0, c); x1 = f32x4.pmax(x1, c); x2 = f32x4.pmax(x2, c); x3 = f32x4.pmax(x3, c);
  c = v128.load32_splat(EXP, 8);
  let d = v128.load32_splat(EXP, 12);
  let s0 = madd(x0, c, d), s1 = madd(x1, c, d), s2 = madd(x2, c, d), s3 = madd(x3, c, d);
  const n0 = f32x4.sub(s0, d), n1 = f32x4.sub(s1, d), n2 = f32x4.sub(s2, d), n3 = f32x4.sub(s3, d);
  c = v128.load32_splat(EXP, 16);
  x0 = madd(n0, c, x0); x1 = madd(n1, c, x1); x2 = madd(n2, c, x2); x3 = madd(n3, c, x3);
  c = v128.load32_splat(EXP, 20);
  x0 = madd(n0, c, x0); x1 = madd(n1, c, x1); x2 = madd(n2, c, x2); x3 = madd(n3, c, x3);
  c = v128.load32_splat(EXP, 24);
  d = v128.load32_splat(EXP, 28);
  let p0 = madd(x0, c, d), p1 = madd(x1, c, d), p2 = madd(x2, c, d), p3 = madd(x3, c, d);
  c = v128.load32_splat(EXP, 32);
  p0 = madd(p0, x0, c); p1 = madd(p1, x1, c); p2 = madd(p2, x2, c); p3 = madd(p3, x3, c);
  c = v128.load32_splat(EXP, 36);
  p0 = madd(p0, x0, c); p1 = madd(p1, x1, c); p2 = madd(p2, x2, c); p3 = madd(p3, x3, c);
  c = v128.load32_splat(EXP, 40);
  p0 = madd(p0, x0, c); p1 = madd(p1, x1, c); p2 = madd(p2, x2, c); p3 = madd(p3, x3, c);
  c = v128.load32_splat(EXP, 44);
  p0 = madd(p0, x0, c); p1 = madd(p1, x1, c); p2 = madd(p2, x2, c); p3 = madd(p3, x3, c);
  c = v128.load32_splat(EXP, 48);
  p0 = madd(p0, x0, c); p1 = madd(p1, x1, c); p2 = madd(p2, x2, c); p3 = madd(p3, x3, c);
  s0 = i32x4.shl(s0, 23); s1 = i32x4.shl(s1, 23); s2 = i32x4.shl(s2, 23); s3 = i32x4.shl(s3, 23);
  if (isLogistic) {
    p0 = madd(p0, s0, c); p1 = madd(p1, s1, c); p2 = madd(p2, s2, c); p3 = madd(p3, s3, c);
    p0 = f32x4.div(c, p0); p1 = f32x4.div(c, p1); p2 = f32x4.div(c, p2); p3 = f32x4.div(c, p3);
  } else {
    p0 = f32x4.mul(p0, s0); p1 = f32x4.mul(p1, s1); p2 = f32x4.mul(p2, s2); p3 = f32x4.mul(p3, s3);
  }
  v128.store(out, p0); v128.store(out, p1, 16); v128.store(out, p2, 32); v128.store(out, p3, 48);
}

/**
 * tanh x = x · (P(x²) / Q(x²)), the rational approximation of Eigen's `ptanh` (degrees 13 and 6). The quotient is taken before the
 * product, so that denormal x lose no precision.
 */
@inline
function tanh16(out: usize, a: usize): void {
  let x0 = v128.load(a), x1 = v128.load(a, 16), x2 = v128.load(a, 32), x3 = v128.load(a, 48);
  let c = v128.load32_splat(TANH, 0);
  x0 = f32x4.pmin(x0, c); x1 = f32x4.pmin(x1, c); x2 = f32x4.pmin(x2, c); x3 = f32x4.pmin(x3, c);
  c = v128.load32_splat(TANH, 4);
  x0 = f32x4.pmax(x0, c); x1 = f32x4.pmax(x1, c); x2 = f32x4.pmax(x2, c); x3 = f32x4.pmax(x3, c);
  const s0 = f32x4.mul(x0, x0), s1 = f32x4.mul(x1, x1), s2 = f32x4.mul(x2, x2), s3 = f32x4.mul(x3, x3);
  c = v128.load32_splat(TANH, 8);
  let d = v128.load32_splat(TANH, 12);
  let p0 = madd(s0, c, d), p1 = madd(s1, c, d), p2 = madd(s2, c, d), p3 = madd(s3, c, d);
  c = v128.load32_splat(TANH, 16);
  p0 = madd(p0, s0, c); p1 = madd(p1, s1, c); p2 = madd(p2, s2, c); p3 = madd(p3, s3, c);
  c = v128.load32_splat(TANH, 20);
  p0 = madd(p0, s0, c); p1 = madd(p1, s1, c); p2 = madd(p2, s2, c); p3 = madd(p3, s3, c);
  c = v128.load32_splat(TANH, 24);
  p0 = madd(p0, s0, c); p1 = madd(p1, s1, c); p2 = madd(p2, s2, c); p3 = madd(p3, s3, c);
  c = v128.load32_splat(TANH, 28);
  p0 = madd(p0, s0, c); p1 = madd(p1, s1, c); p2 = madd(p2, s2, c); p3 = madd(p3, s3, c);
  c = v128.load32_splat(TANH, 32);
  p0 = madd(p0, s0, c); p1 = madd(p1, s1, c); p2 = madd(p2, s2, c); p3 = madd(p3, s3, c);
  c = v128.load32_splat(TANH, 36);
  d = v128.load32_splat(TANH, 40);
  let q0 = madd(s0, c, d), q1 = madd(s1, c, d), q2 = madd(s2, c, d), q3 = madd(s3, c, d);
  c = v128.load32_splat(TANH, 44);
  q0 = madd(q0, s0, c); q1 = madd(q1, s1, c); q2 = madd(q2, s2, c); q3 = madd(q3, s3, c);
  c = v128.load32_splat(TANH, 48);
  q0 = madd(q0, s0, c); q1 = madd(q1, s1, c); q2 = madd(q2, s2, c); q3 = madd(q3, s3, c);
  p0 = f32x4.div(p0, q0); p1 = f32x4.div(p1, q1); p2 = f32x4.div(p2, q2); p3 = f32x4.div(p3, q3);
  x0 = f32x4.mul(x0, p0); x1 = f32x4.mul(x1, p1); x2 = f32x4.mul(x2, p2); x3 = f32x4.mul(x3, p3);
  v128.store(out, x0); v128.store(out, x1, 16); v128.store(out, x2, 32); v128.store(out, x3, 48);
}

/** At most sixteen numbers. */
@inline
function copy(to: usize, from: usize, n: i32): void {
  for (; n >= 4; n -= 4, to += 16, from += 16) v128.store(to, v128.load(from));
  for (; n > 0; n--, to += 4, from += 4) store<f32>(to, load<f32>(from));
}

/** 1 in every lane. */
@inline
export function one(): v128 {
  return v128.load32_splat(EXP, 48);
}
