import { logisticGradient, tanhGradient } from './activations';
import { madd } from './fused';
import { bytes, loadFirst, loadSecond, multiplySpan, ONE, PAIR, QUAD, Step, storeStep } from './lanes';
import { logisticSpan, tanhSpan } from './math';
import { scratchRow } from './scratch';

// A row of `gates` is i, f, g, o, each of `hidden` numbers. c₋ is the previous cell state.

/**
 * Turns the pre-activations in `gates` into i, f, o = σ(·) and g = tanh(·), in place. Then
 * c ← f ⊙ c₋ + i ⊙ g, h ← o ⊙ tanh c.
 */
export function lstmForward(
  h: usize,
  cell: usize,
  gates: usize,
  cellPrevious: usize,
  rows: i32,
  hidden: i32,
): void {
  h <<= 2;
  cell <<= 2;
  gates <<= 2;
  cellPrevious <<= 2;
  const gate = bytes(hidden);
  for (; rows > 0; rows--, gates += 4 * gate) {
    logisticSpan(gates, 2 * hidden);
    tanhSpan(gates + 2 * gate, gates + 2 * gate, hidden);
    logisticSpan(gates + 3 * gate, hidden);
    let at: usize = 0;
    for (; at + bytes(PAIR) <= gate; at += bytes(PAIR)) {
      cellStep(cell + at, gates + at, gate, cellPrevious + at, PAIR);
    }
    for (; at + bytes(QUAD) <= gate; at += bytes(QUAD)) {
      cellStep(cell + at, gates + at, gate, cellPrevious + at, QUAD);
    }
    for (; at < gate; at += bytes(ONE)) {
      cellStep(cell + at, gates + at, gate, cellPrevious + at, ONE);
    }
    tanhSpan(h, cell, hidden);
    multiplySpan(h, gates + 3 * gate, h, hidden);
    h += gate;
    cell += gate;
    cellPrevious += gate;
  }
}

/** c ← f ⊙ c₋ + i ⊙ g. */
@inline
function cellStep(cell: usize, gateI: usize, gate: usize, cellPrevious: usize, step: Step): void {
  const gateF = gateI + gate;
  const gateG = gateF + gate;
  const c0 = f32x4.mul(loadFirst(gateI, step), loadFirst(gateG, step));
  const c1 = f32x4.mul(loadSecond(gateI, step), loadSecond(gateG, step));
  const low = madd(loadFirst(gateF, step), loadFirst(cellPrevious, step), c0);
  const high = madd(loadSecond(gateF, step), loadSecond(cellPrevious, step), c1);
  storeStep(cell, low, high, step);
}

/**
 * Turns the activations in `gates` into gradients with respect to the pre-activations, in place. With
 * δ = dCell + dh ⊙ o ⊙ (1 − tanh² c), dCell ← δ ⊙ f.
 *
 * tanh c is computed again: to keep it would take as much memory as c, and to fetch it as much time.
 */
export function lstmBackward(
  gates: usize,
  dCell: usize,
  dh: usize,
  cell: usize,
  cellPrevious: usize,
  rows: i32,
  hidden: i32,
): void {
  gates <<= 2;
  dCell <<= 2;
  dh <<= 2;
  cell <<= 2;
  cellPrevious <<= 2;
  const gate = bytes(hidden);
  const cellTanh = scratchRow();
  for (; rows > 0; rows--, gates += 4 * gate) {
    tanhSpan(cellTanh, cell, hidden);
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
    cell += gate;
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
  const i0 = loadFirst(gateI, step);
  const i1 = loadSecond(gateI, step);
  const f0 = loadFirst(gateF, step);
  const f1 = loadSecond(gateF, step);
  const g0 = loadFirst(gateG, step);
  const g1 = loadSecond(gateG, step);
  const o0 = loadFirst(gateO, step);
  const o1 = loadSecond(gateO, step);
  const t0 = loadFirst(cellTanh, step);
  const t1 = loadSecond(cellTanh, step);
  const dh0 = loadFirst(dh, step);
  const dh1 = loadSecond(dh, step);
  const d0 = f32x4.add(loadFirst(dCell, step), tanhGradient(t0, f32x4.mul(dh0, o0)));
  const d1 = f32x4.add(loadSecond(dCell, step), tanhGradient(t1, f32x4.mul(dh1, o1)));
  const c0 = loadFirst(cellPrevious, step);
  const c1 = loadSecond(cellPrevious, step);
  storeStep(dCell, f32x4.mul(d0, f0), f32x4.mul(d1, f1), step);
  storeStep(gateI, logisticGradient(i0, f32x4.mul(d0, g0)), logisticGradient(i1, f32x4.mul(d1, g1)), step);
  storeStep(gateF, logisticGradient(f0, f32x4.mul(d0, c0)), logisticGradient(f1, f32x4.mul(d1, c1)), step);
  storeStep(gateG, tanhGradient(g0, f32x4.mul(d0, i0)), tanhGradient(g1, f32x4.mul(d1, i1)), step);
  storeStep(gateO, logisticGradient(o0, f32x4.mul(dh0, t0)), logisticGradient(o1, f32x4.mul(dh1, t1)), step);
}
