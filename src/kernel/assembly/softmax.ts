import { bytes, loadFirst, loadSecond, ONE, PAIR, QUAD, Step, storeStep } from './lanes';
import { expSpan } from './math';
import { scratchSettings } from './scratch';

/**
 * For each row with target t ≥ 0: losses[r] ← ln Σ e^(x − max) − (x_t − max), and x ← (softmax(x) − onehot_t) · scale, in place.
 * A row with a negative target does not count: its loss and its gradient are 0.
 *
 * The error of a loss is about 1e-7 times the larger of the loss and 1. It comes from the exponentials; sums and logarithms are
 * taken in float64.
 */
export function softmaxCrossEntropy(
  logits: usize,
  losses: usize,
  targets: usize,
  rows: i32,
  symbols: i32,
  scale: f32,
): void {
  logits <<= 2;
  losses <<= 2;
  targets <<= 2;
  const setting = scratchSettings();
  for (; rows > 0; rows--, logits += bytes(symbols), losses += 4, targets += 4) {
    const target = load<i32>(targets);
    if (target < 0) {
      memory.fill(logits, 0, bytes(symbols));
      store<f32>(losses, 0);
      continue;
    }
    const at = logits + bytes(target);
    const max = rowMax(logits, symbols);
    const margin = <f64>load<f32>(at) - <f64>max;
    store<f32>(setting, max);
    expSpan(logits, symbols, setting);
    const sum = rowSum(logits, symbols);
    store<f32>(losses, <f32>(Math.log(sum) - margin));
    store<f32>(setting, <f32>(<f64>scale / sum));
    multiplyRow(logits, setting, symbols);
    store<f32>(at, load<f32>(at) - scale);
  }
}

/** The greatest number of a row, without regard to NaN. The exponential of a NaN is NaN, and makes the whole row NaN later. */
function rowMax(row: usize, n: i32): f32 {
  let low = f32x4.splat(-Infinity);
  let high = low;
  for (; n >= PAIR; n -= PAIR, row += bytes(PAIR)) {
    low = f32x4.pmax(low, loadFirst(row, PAIR));
    high = f32x4.pmax(high, loadSecond(row, PAIR));
  }
  low = f32x4.pmax(low, high);
  let max = greater(
    greater(f32x4.extract_lane(low, 0), f32x4.extract_lane(low, 1)),
    greater(f32x4.extract_lane(low, 2), f32x4.extract_lane(low, 3)),
  );
  for (; n > 0; n--, row += bytes(ONE)) max = greater(load<f32>(row), max);
  return max;
}

@inline
function greater(a: f32, b: f32): f32 {
  return a > b ? a : b;
}

/** Σ row, in float64. */
function rowSum(row: usize, n: i32): f64 {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (; n >= PAIR; n -= PAIR, row += bytes(PAIR)) {
    s0 = f64x2.add(s0, f64x2.promote_low_f32x4(v128.load64_zero(row)));
    s1 = f64x2.add(s1, f64x2.promote_low_f32x4(v128.load64_zero(row, 8)));
    s2 = f64x2.add(s2, f64x2.promote_low_f32x4(v128.load64_zero(row, 16)));
    s3 = f64x2.add(s3, f64x2.promote_low_f32x4(v128.load64_zero(row, 24)));
  }
  const lanes = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  let sum = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
  for (; n > 0; n--, row += bytes(ONE)) sum += <f64>load<f32>(row);
  return sum;
}

/** row ← factor · row, where `factor` is the address of a number. */
function multiplyRow(row: usize, factor: usize, n: i32): void {
  for (; n >= PAIR; n -= PAIR, row += bytes(PAIR)) multiplyStep(row, factor, PAIR);
  for (; n >= QUAD; n -= QUAD, row += bytes(QUAD)) multiplyStep(row, factor, QUAD);
  for (; n > 0; n--, row += bytes(ONE)) multiplyStep(row, factor, ONE);
}

@inline
function multiplyStep(row: usize, factor: usize, step: Step): void {
  const low = f32x4.mul(loadFirst(row, step), v128.load32_splat(factor));
  const high = f32x4.mul(loadSecond(row, step), v128.load32_splat(factor));
  storeStep(row, low, high, step);
}

/** For each row, the first n numbers become their softmax, in place. */
export function softmaxForward(a: usize, rows: i32, n: i32, stride: i32): void {
  a <<= 2;
  const setting = scratchSettings();
  for (; rows > 0; rows--, a += bytes(stride)) {
    store<f32>(setting, rowMax(a, n));
    expSpan(a, n, setting);
    store<f32>(setting, <f32>(1 / rowSum(a, n)));
    multiplyRow(a, setting, n);
  }
}

/** d ← p ⊙ (d − Σ p d) for the first n numbers of each row, in place. */
export function softmaxBackward(d: usize, p: usize, rows: i32, n: i32, stride: i32): void {
  d <<= 2;
  p <<= 2;
  for (; rows > 0; rows--, d += bytes(stride), p += bytes(stride)) {
    let sum: f64 = 0;
    for (let j = 0; j < n; j++) sum += <f64>load<f32>(p + bytes(j)) * <f64>load<f32>(d + bytes(j));
    const mean = <f32>sum;
    for (let j = 0; j < n; j++) {
      const at = d + bytes(j);
      store<f32>(at, load<f32>(p + bytes(j)) * (load<f32>(at) - mean));
    }
  }
}
