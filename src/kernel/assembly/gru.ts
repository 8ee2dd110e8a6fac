import { logisticGradient, tanhGradient } from './activations';
import { madd } from './fused';
import { bytes, loadFirst, loadSecond, multiplySpan, ONE, PAIR, QUAD, Step, storeStep } from './lanes';
import { logisticSpan, one, tanhSpan } from './math';

// A row of `gates` is r, z, n, each of `hidden` numbers. h₋ is the previous state.

/** r, z ← σ(·) in `gates`, in place; resetHidden ← r ⊙ h₋. */
export function gruResetForward(resetHidden: usize, gates: usize, hPrevious: usize, rows: i32, hidden: i32): void {
  resetHidden <<= 2;
  gates <<= 2;
  hPrevious <<= 2;
  const gate = bytes(hidden);
  for (; rows > 0; rows--, gates += 3 * gate, resetHidden += gate, hPrevious += gate) {
    logisticSpan(gates, 2 * hidden);
    multiplySpan(resetHidden, gates, hPrevious, hidden);
  }
}

/** n ← tanh(·) in `gates`, in place; h ← (1 − z) ⊙ h₋ + z ⊙ n. */
export function gruForward(h: usize, gates: usize, hPrevious: usize, rows: i32, hidden: i32): void {
  h <<= 2;
  gates <<= 2;
  hPrevious <<= 2;
  const gate = bytes(hidden);
  for (; rows > 0; rows--, gates += 3 * gate, h += gate, hPrevious += gate) {
    tanhSpan(gates + 2 * gate, gates + 2 * gate, hidden);
    mixSpan(h, gates + gate, hPrevious, hidden);
  }
}

/** h ← (1 − z) ⊙ h₋ + z ⊙ n, where n lies right after z. */
@inline
function mixSpan(h: usize, gateZ: usize, hPrevious: usize, hidden: i32): void {
  const gate = bytes(hidden);
  let at: usize = 0;
  for (; at + bytes(PAIR) <= gate; at += bytes(PAIR)) mixStep(h + at, gateZ + at, gate, hPrevious + at, PAIR);
  for (; at + bytes(QUAD) <= gate; at += bytes(QUAD)) mixStep(h + at, gateZ + at, gate, hPrevious + at, QUAD);
  for (; at < gate; at += bytes(ONE)) mixStep(h + at, gateZ + at, gate, hPrevious + at, ONE);
}

@inline
function mixStep(h: usize, gateZ: usize, gate: usize, hPrevious: usize, step: Step): void {
  const low = mix(loadFirst(gateZ, step), loadFirst(gateZ + gate, step), loadFirst(hPrevious, step));
  const high = mix(loadSecond(gateZ, step), loadSecond(gateZ + gate, step), loadSecond(hPrevious, step));
  storeStep(h, low, high, step);
}

/** (1 − z) h + z n. */
@inline
function mix(z: v128, n: v128, h: v128): v128 {
  return madd(z, n, f32x4.mul(f32x4.sub(one(), z), h));
}

/** In `gates`, z and n become gradients with respect to their pre-activations; r stays as it is. dPrevious ← dh ⊙ (1 − z). */
export function gruBackward(gates: usize, dPrevious: usize, dh: usize, hPrevious: usize, rows: i32, hidden: i32): void {
  gates <<= 2;
  dPrevious <<= 2;
  dh <<= 2;
  hPrevious <<= 2;
  const gate = bytes(hidden);
  for (; rows > 0; rows--, gates += 3 * gate) {
    let at: usize = 0;
    for (; at + bytes(PAIR) <= gate; at += bytes(PAIR)) {
      backwardStep(gates + at, gate, dPrevious + at, dh + at, hPrevious + at, PAIR);
    }
    for (; at + bytes(QUAD) <= gate; at += bytes(QUAD)) {
      backwardStep(gates + at, gate, dPrevious + at, dh + at, hPrevious + at, QUAD);
    }
    for (; at < gate; at += bytes(ONE)) {
      backwardStep(gates + at, gate, dPrevious + at, dh + at, hPrevious + at, ONE);
    }
    dPrevious += gate;
    dh += gate;
    hPrevious += gate;
  }
}

@inline
function backwardStep(gateR: usize, gate: usize, dPrevious: usize, dh: usize, hPrevious: usize, step: Step): void {
  const gateZ = gateR + gate;
  const gateN = gateZ + gate;
  const z0 = loadFirst(gateZ, step);
  const z1 = loadSecond(gateZ, step);
  const n0 = loadFirst(gateN, step);
  const n1 = loadSecond(gateN, step);
  const d0 = loadFirst(dh, step);
  const d1 = loadSecond(dh, step);
  const dz0 = f32x4.mul(d0, f32x4.sub(n0, loadFirst(hPrevious, step)));
  const dz1 = f32x4.mul(d1, f32x4.sub(n1, loadSecond(hPrevious, step)));
  storeStep(gateZ, logisticGradient(z0, dz0), logisticGradient(z1, dz1), step);
  storeStep(gateN, tanhGradient(n0, f32x4.mul(d0, z0)), tanhGradient(n1, f32x4.mul(d1, z1)), step);
  storeStep(dPrevious, f32x4.mul(d0, f32x4.sub(one(), z0)), f32x4.mul(d1, f32x4.sub(one(), z1)), step);
}

/** In `gates`, r becomes the gradient with respect to its pre-activation. dPrevious += dResetHidden ⊙ r. */
export function gruResetBackward(
  gates: usize,
  dPrevious: usize,
  dResetHidden: usize,
  hPrevious: usize,
  rows: i32,
  hidden: i32,
): void {
  gates <<= 2;
  dPrevious <<= 2;
  dResetHidden <<= 2;
  hPrevious <<= 2;
  const gate = bytes(hidden);
  for (; rows > 0; rows--, gates += 3 * gate) {
    let at: usize = 0;
    for (; at + bytes(PAIR) <= gate; at += bytes(PAIR)) {
      resetBackwardStep(gates + at, dPrevious + at, dResetHidden + at, hPrevious + at, PAIR);
    }
    for (; at + bytes(QUAD) <= gate; at += bytes(QUAD)) {
      resetBackwardStep(gates + at, dPrevious + at, dResetHidden + at, hPrevious + at, QUAD);
    }
    for (; at < gate; at += bytes(ONE)) {
      resetBackwardStep(gates + at, dPrevious + at, dResetHidden + at, hPrevious + at, ONE);
    }
    dPrevious += gate;
    dResetHidden += gate;
    hPrevious += gate;
  }
}

@inline
function resetBackwardStep(gateR: usize, dPrevious: usize, dResetHidden: usize, hPrevious: usize, step: Step): void {
  const r0 = loadFirst(gateR, step);
  const r1 = loadSecond(gateR, step);
  const d0 = loadFirst(dResetHidden, step);
  const d1 = loadSecond(dResetHidden, step);
  const h0 = loadFirst(hPrevious, step);
  const h1 = loadSecond(hPrevious, step);
  const sum0 = madd(d0, r0, loadFirst(dPrevious, step));
  const sum1 = madd(d1, r1, loadSecond(dPrevious, step));
  storeStep(gateR, logisticGradient(r0, f32x4.mul(d0, h0)), logisticGradient(r1, f32x4.mul(d1, h1)), step);
  storeStep(dPrevious, sum0, sum1, step);
}

/** In `gates`, in place: r, z ← σ(·), n ← tanh(n + r ⊙ inner). Then h ← (1 − z) ⊙ h₋ + z ⊙ n. */
export function gruAfterForward(h: usize, gates: usize, inner: usize, hPrevious: usize, rows: i32, hidden: i32): void {
  h <<= 2;
  gates <<= 2;
  inner <<= 2;
  hPrevious <<= 2;
  const gate = bytes(hidden);
  for (; rows > 0; rows--, gates += 3 * gate) {
    logisticSpan(gates, 2 * hidden);
    addProductSpan(gates + 2 * gate, gates, inner, hidden);
    tanhSpan(gates + 2 * gate, gates + 2 * gate, hidden);
    mixSpan(h, gates + gate, hPrevious, hidden);
    h += gate;
    inner += gate;
    hPrevious += gate;
  }
}

/** n += r ⊙ inner. */
@inline
function addProductSpan(n: usize, r: usize, inner: usize, hidden: i32): void {
  const gate = bytes(hidden);
  let at: usize = 0;
  for (; at + bytes(PAIR) <= gate; at += bytes(PAIR)) addProductStep(n + at, r + at, inner + at, PAIR);
  for (; at + bytes(QUAD) <= gate; at += bytes(QUAD)) addProductStep(n + at, r + at, inner + at, QUAD);
  for (; at < gate; at += bytes(ONE)) addProductStep(n + at, r + at, inner + at, ONE);
}

@inline
function addProductStep(n: usize, r: usize, inner: usize, step: Step): void {
  const low = madd(loadFirst(r, step), loadFirst(inner, step), loadFirst(n, step));
  const high = madd(loadSecond(r, step), loadSecond(inner, step), loadSecond(n, step));
  storeStep(n, low, high, step);
}

/**
 * In `gates`, r, z and n become gradients with respect to their pre-activations. `inner` becomes its own gradient, in place.
 * dPrevious ← dh ⊙ (1 − z).
 */
export function gruAfterBackward(
  gates: usize,
  inner: usize,
  dPrevious: usize,
  dh: usize,
  hPrevious: usize,
  rows: i32,
  hidden: i32,
): void {
  gates <<= 2;
  inner <<= 2;
  dPrevious <<= 2;
  dh <<= 2;
  hPrevious <<= 2;
  const gate = bytes(hidden);
  for (; rows > 0; rows--, gates += 3 * gate) {
    let at: usize = 0;
    for (; at + bytes(PAIR) <= gate; at += bytes(PAIR)) {
      afterBackwardStep(gates + at, gate, inner + at, dPrevious + at, dh + at, hPrevious + at, PAIR);
    }
    for (; at + bytes(QUAD) <= gate; at += bytes(QUAD)) {
      afterBackwardStep(gates + at, gate, inner + at, dPrevious + at, dh + at, hPrevious + at, QUAD);
    }
    for (; at < gate; at += bytes(ONE)) {
      afterBackwardStep(gates + at, gate, inner + at, dPrevious + at, dh + at, hPrevious + at, ONE);
    }
    inner += gate;
    dPrevious += gate;
    dh += gate;
    hPrevious += gate;
  }
}

@inline
function afterBackwardStep(
  gateR: usize,
  gate: usize,
  inner: usize,
  dPrevious: usize,
  dh: usize,
  hPrevious: usize,
  step: Step,
): void {
  const gateZ = gateR + gate;
  const gateN = gateZ + gate;
  const r0 = loadFirst(gateR, step);
  const r1 = loadSecond(gateR, step);
  const z0 = loadFirst(gateZ, step);
  const z1 = loadSecond(gateZ, step);
  const n0 = loadFirst(gateN, step);
  const n1 = loadSecond(gateN, step);
  const d0 = loadFirst(dh, step);
  const d1 = loadSecond(dh, step);
  const dz0 = f32x4.mul(d0, f32x4.sub(n0, loadFirst(hPrevious, step)));
  const dz1 = f32x4.mul(d1, f32x4.sub(n1, loadSecond(hPrevious, step)));
  const dn0 = tanhGradient(n0, f32x4.mul(d0, z0));
  const dn1 = tanhGradient(n1, f32x4.mul(d1, z1));
  const dr0 = f32x4.mul(dn0, loadFirst(inner, step));
  const dr1 = f32x4.mul(dn1, loadSecond(inner, step));
  storeStep(gateR, logisticGradient(r0, dr0), logisticGradient(r1, dr1), step);
  storeStep(gateZ, logisticGradient(z0, dz0), logisticGradient(z1, dz1), step);
  storeStep(gateN, dn0, dn1, step);
  storeStep(inner, f32x4.mul(dn0, r0), f32x4.mul(dn1, r1), step);
  storeStep(dPrevious, f32x4.mul(d0, f32x4.sub(one(), z0)), f32x4.mul(d1, f32x4.sub(one(), z1)), step);
}
