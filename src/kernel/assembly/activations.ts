import { nmadd } from './fused';
import { bytes, loadFirst, loadSecond, ONE, PAIR, QUAD, Step, storeStep } from './lanes';
import { logisticSpan, one, tanhSpan } from './math';

/** a ← tanh a. */
export function tanhForward(a: usize, n: i32): void {
  a <<= 2;
  tanhSpan(a, a, n);
}

/** h ← dh ⊙ (1 − h²). */
export function tanhBackward(h: usize, dh: usize, n: i32): void {
  h <<= 2;
  dh <<= 2;
  for (; n >= PAIR; n -= PAIR, h += bytes(PAIR), dh += bytes(PAIR)) tanhBackwardStep(h, dh, PAIR);
  for (; n >= QUAD; n -= QUAD, h += bytes(QUAD), dh += bytes(QUAD)) tanhBackwardStep(h, dh, QUAD);
  for (; n > 0; n--, h += bytes(ONE), dh += bytes(ONE)) tanhBackwardStep(h, dh, ONE);
}

@inline
function tanhBackwardStep(h: usize, dh: usize, step: Step): void {
  const low = tanhGradient(loadFirst(h, step), loadFirst(dh, step));
  const high = tanhGradient(loadSecond(h, step), loadSecond(dh, step));
  storeStep(h, low, high, step);
}

/** d · (1 − y²) for y = tanh x. */
@inline
export function tanhGradient(y: v128, d: v128): v128 {
  return f32x4.mul(d, nmadd(y, y, one()));
}

/** a ← 1 / (1 + e^−a). */
export function logisticForward(a: usize, n: i32): void {
  logisticSpan(a << 2, n);
}

/** h ← dh ⊙ h ⊙ (1 − h). */
export function logisticBackward(h: usize, dh: usize, n: i32): void {
  h <<= 2;
  dh <<= 2;
  for (; n >= PAIR; n -= PAIR, h += bytes(PAIR), dh += bytes(PAIR)) logisticBackwardStep(h, dh, PAIR);
  for (; n >= QUAD; n -= QUAD, h += bytes(QUAD), dh += bytes(QUAD)) logisticBackwardStep(h, dh, QUAD);
  for (; n > 0; n--, h += bytes(ONE), dh += bytes(ONE)) logisticBackwardStep(h, dh, ONE);
}

@inline
function logisticBackwardStep(h: usize, dh: usize, step: Step): void {
  const low = logisticGradient(loadFirst(h, step), loadFirst(dh, step));
  const high = logisticGradient(loadSecond(h, step), loadSecond(dh, step));
  storeStep(h, low, high, step);
}

/** d · y · (1 − y) for y = σ(x). */
@inline
export function logisticGradient(y: v128, d: v128): v128 {
  return f32x4.mul(f32x4.mul(d, y), f32x4.sub(one(), y));
}

/** a ← max(a, 0). NaN stays NaN. */
export function reluForward(a: usize, n: i32): void {
  a <<= 2;
  for (; n >= PAIR; n -= PAIR, a += bytes(PAIR)) reluStep(a, PAIR);
  for (; n >= QUAD; n -= QUAD, a += bytes(QUAD)) reluStep(a, QUAD);
  for (; n > 0; n--, a += bytes(ONE)) reluStep(a, ONE);
}

@inline
function reluStep(a: usize, step: Step): void {
  const zero = f32x4.splat(0);
  const low = f32x4.pmax(loadFirst(a, step), zero);
  const high = f32x4.pmax(loadSecond(a, step), zero);
  storeStep(a, low, high, step);
}

/** h ← dh where h > 0, else 0. */
export function reluBackward(h: usize, dh: usize, n: i32): void {
  h <<= 2;
  dh <<= 2;
  for (; n >= PAIR; n -= PAIR, h += bytes(PAIR), dh += bytes(PAIR)) reluBackwardStep(h, dh, PAIR);
  for (; n >= QUAD; n -= QUAD, h += bytes(QUAD), dh += bytes(QUAD)) reluBackwardStep(h, dh, QUAD);
  for (; n > 0; n--, h += bytes(ONE), dh += bytes(ONE)) reluBackwardStep(h, dh, ONE);
}

@inline
function reluBackwardStep(h: usize, dh: usize, step: Step): void {
  const zero = f32x4.splat(0);
  const low = v128.and(loadFirst(dh, step), f32x4.gt(loadFirst(h, step), zero));
  const high = v128.and(loadSecond(dh, step), f32x4.gt(loadSecond(h, step), zero));
  storeStep(h, low, high, step);
}
