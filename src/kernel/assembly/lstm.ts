import { logisticGradient, tanhGradient } from './activations';
import { bytes, first, multiplySpan, ONE, PAIR, put, QUAD, Step, second } from './lanes';
import { logisticSpan, tanhSpan } from './math';

/**
 * In `gates`, rows of i, f, g, o: pre-activations become i, f, o = σ(·), g = tanh(·), in place; then
 * c ← f ⊙ c₋ + i ⊙ g, cellTanh ← tanh c, h ← o ⊙ cellTanh.
 */
export function lstmForward(
  h: usize,
  cell: usize,
  cellTanh: usize,
  gates: usize,
  cellPrevious: usize,
  rows: i32,
  hidden: i32,
): void {
  h <<= 2;
  cell <<= 2;
  cellTanh <<= 2;
  gates <<= 2;
  cellPrevious <<= 2;
  const gate = bytes(hidden);
  for (; rows > 0; rows--, gates += 4 * gate) {
    logisticSpan(gates, 2 * hidden);
    tanhSpan(gates + 2 * gate, hidden);
    logisticSpan(gates + 3 * gate, hidden);
    let at: usize = 0;
    for (; at + bytes(PAIR) <= gate; at += bytes(PAIR)) {
      cellStep(cell + at, cellTanh + at, gates + at, gate, cellPrevious + at, PAIR);
    }
    for (; at + bytes(QUAD) <= gate; at += bytes(QUAD)) {
      cellStep(cell + at, cellTanh + at, gates + at, gate, cellPrevious + at, QUAD);
    }
    for (; at < gate; at += bytes(ONE)) {
      cellStep(cell + at, cellTanh + at, gates + at, gate, cellPrevious + at, ONE);
    }
    tanhSpan(cellTanh, hidden);
    multiplySpan(h, gates + 3 * gate, cellTanh, hidden);
    h += gate;
    cell += gate;
    cellTanh += gate;
    cellPrevious += gate;
  }
}

/** c ← f ⊙ c₋ + i ⊙ g, twice: once to become tanh c. */
@inline
function cellStep(cell: usize, cellTanh: usize, gateI: usize, gate: usize, cellPrevious: usize, step: Step): void {
  const gateF = gateI + gate;
  const gateG = gateF + gate;
  const c0 = f32x4.mul(first(gateI, step), first(gateG, step));
  const c1 = f32x4.mul(second(gateI, step), second(gateG, step));
  const low = f32x4.relaxed_madd(first(gateF, step), first(cellPrevious, step), c0);
  const high = f32x4.relaxed_madd(second(gateF, step), second(cellPrevious, step), c1);
  put(cell, low, high, step);
  put(cellTanh, low, high, step);
}

/**
 * In `gates`, activations become gradients with respect to the pre-activations, in place; with
 * δ = dCell + dh ⊙ o ⊙ (1 − cellTanh²), dCell ← δ ⊙ f in place.
 */
export function lstmBackward(
  gates: usize,
  dCell: usize,
  dh: usize,
  cellTanh: usize,
  cellPrevious: usize,
  rows: i32,
  hidden: i32,
): void {
  gates <<= 2;
  dCell <<= 2;
  dh <<= 2;
  cellTanh <<= 2;
  cellPrevious <<= 2;
  const gate = bytes(hidden);
  for (; rows > 0; rows--, gates += 4 * gate) {
    let at: usize = 0;
    for (; at + bytes(PAIR) <= gate; at += bytes(PAIR)) {
      backwardStep(gates + at, gate, dCell + at, dh + at, cellTanh + at, cellPrevious + at, PAIR);
    }
    for (; at + bytes(QUAD) <= gate; at += bytes(QUAD)) {
      backwardStep(gates + at, gate, dCell + at, dh + at, cellTanh + at, cellPrevious + at, QUAD);
    }
    for (; at < gate; at += bytes(ONE)) {
      backwardStep(gates + at, gate, dCell + at, dh + at, cellTanh + at, cellPrevious + at, ONE);
    }
    dCell += gate;
    dh += gate;
    cellTanh += gate;
    cellPrevious += gate;
  }
}

@inline
function backwardStep(
  gateI: usize,
  gate: usize,
  dCell: usize,
  dh: usize,
  cellTanh: usize,
  cellPrevious: usize,
  step: Step,
): void {
  const gateF = gateI + gate;
  const gateG = gateF + gate;
  const gateO = gateG + gate;
  const i0 = first(gateI, step);
  const i1 = second(gateI, step);
  const f0 = first(gateF, step);
  const f1 = second(gateF, step);
  const g0 = first(gateG, step);
  const g1 = second(gateG, step);
  const o0 = first(gateO, step);
  const o1 = second(gateO, step);
  const t0 = first(cellTanh, step);
  const t1 = second(cellTanh, step);
  const dh0 = first(dh, step);
  const dh1 = second(dh, step);
  const d0 = f32x4.add(first(dCell, step), tanhGradient(t0, f32x4.mul(dh0, o0)));
  const d1 = f32x4.add(second(dCell, step), tanhGradient(t1, f32x4.mul(dh1, o1)));
  const c0 = first(cellPrevious, step);
  const c1 = second(cellPrevious, step);
  put(dCell, f32x4.mul(d0, f0), f32x4.mul(d1, f1), step);
  put(gateI, logisticGradient(i0, f32x4.mul(d0, g0)), logisticGradient(i1, f32x4.mul(d1, g1)), step);
  put(gateF, logisticGradient(f0, f32x4.mul(d0, c0)), logisticGradient(f1, f32x4.mul(d1, c1)), step);
  put(gateG, tanhGradient(g0, f32x4.mul(d0, i0)), tanhGradient(g1, f32x4.mul(d1, i1)), step);
  put(gateO, logisticGradient(o0, f32x4.mul(dh0, t0)), logisticGradient(o1, f32x4.mul(dh1, t1)), step);
}
