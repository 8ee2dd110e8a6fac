import { bytes, first, ONE, PAIR, put, QUAD, Step, second } from './lanes';
import { exp } from './math';
import { scratchSettings } from './scratch';

/** Symbols whose exponentials are summed in float32 before the sum goes on in float64: at most 32 additions a lane. */
const SEGMENT: i32 = 256;

/**
 * For each row with target t ≥ 0: losses[r] ← ln Σ e^(x − max) − (x_t − max), and x ← (softmax(x) − onehot_t) · scale, in place.
 * A row whose target is negative is not counted: its loss and its gradient are 0.
 *
 * The loss of a row is good to about 1e-7 of the larger of itself and 1: the exponentials' error, the rest being float64.
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
  for (; rows > 0; rows--, logits += bytes(symbols), losses += 4, targets += 4) {
    const target = load<i32>(targets);
    if (target < 0) {
      memory.fill(logits, 0, bytes(symbols));
      store<f32>(losses, 0);
      continue;
    }
    const max = rowMax(logits, symbols);
    const targetLogit = load<f32>(logits + bytes(target));
    let sum: f64 = 0;
    for (let j = 0; j < symbols; j += SEGMENT) {
      sum += exponentials(logits + bytes(j), max, min(symbols - j, SEGMENT));
    }
    store<f32>(losses, <f32>(Math.log(sum) - (<f64>targetLogit - <f64>max)));
    multiplyRow(logits, <f32>(<f64>scale / sum), symbols);
    const at = logits + bytes(target);
    store<f32>(at, load<f32>(at) - scale);
  }
}

/** The greatest number of a row, NaN aside: a NaN makes its own exponential, and with it the whole row, NaN. */
function rowMax(row: usize, n: i32): f32 {
  let low = f32x4.splat(-Infinity);
  let high = low;
  for (; n >= PAIR; n -= PAIR, row += bytes(PAIR)) {
    low = f32x4.pmax(low, first(row, PAIR));
    high = f32x4.pmax(high, second(row, PAIR));
  }
  low = f32x4.pmax(low, high);
  let max = f32x4.extract_lane(low, 0);
  max = greater(f32x4.extract_lane(low, 1), max);
  max = greater(f32x4.extract_lane(low, 2), max);
  max = greater(f32x4.extract_lane(low, 3), max);
  for (; n > 0; n--, row += bytes(ONE)) max = greater(load<f32>(row), max);
  return max;
}

@inline
function greater(a: f32, b: f32): f32 {
  return a > b ? a : b;
}

/** row ← e^(row − max); returns their sum. */
function exponentials(row: usize, max: f32, n: i32): f64 {
  const maxAt = scratchSettings();
  store<f32>(maxAt, max);
  let low = f32x4.splat(0);
  let high = low;
  for (; n >= PAIR; n -= PAIR, row += bytes(PAIR)) {
    const e0 = exp(f32x4.sub(first(row, PAIR), v128.load32_splat(maxAt)));
    const e1 = exp(f32x4.sub(second(row, PAIR), v128.load32_splat(maxAt)));
    put(row, e0, e1, PAIR);
    low = f32x4.add(low, e0);
    high = f32x4.add(high, e1);
  }
  if (n >= QUAD) {
    const e = exp(f32x4.sub(v128.load(row), v128.load32_splat(maxAt)));
    v128.store(row, e);
    low = f32x4.add(low, e);
    n -= QUAD;
    row += bytes(QUAD);
  }
  let sum = laneSum(low) + laneSum(high);
  for (; n > 0; n--, row += bytes(ONE)) {
    const e = exp(f32x4.sub(v128.load32_zero(row), v128.load32_splat(maxAt)));
    v128.store32_lane(row, e, 0);
    sum += <f64>f32x4.extract_lane(e, 0);
  }
  return sum;
}

@inline
function laneSum(x: v128): f64 {
  return (
    <f64>f32x4.extract_lane(x, 0) +
    <f64>f32x4.extract_lane(x, 1) +
    (<f64>f32x4.extract_lane(x, 2) + <f64>f32x4.extract_lane(x, 3))
  );
}

/** row ← factor · row. */
function multiplyRow(row: usize, factor: f32, n: i32): void {
  const factorAt = scratchSettings();
  store<f32>(factorAt, factor);
  for (; n >= PAIR; n -= PAIR, row += bytes(PAIR)) multiplyStep(row, factorAt, PAIR);
  for (; n >= QUAD; n -= QUAD, row += bytes(QUAD)) multiplyStep(row, factorAt, QUAD);
  for (; n > 0; n--, row += bytes(ONE)) multiplyStep(row, factorAt, ONE);
}

@inline
function multiplyStep(row: usize, factorAt: usize, step: Step): void {
  const low = f32x4.mul(first(row, step), v128.load32_splat(factorAt));
  const high = f32x4.mul(second(row, step), v128.load32_splat(factorAt));
  put(row, low, high, step);
}
