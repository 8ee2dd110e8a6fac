import { madd, nmadd } from './fused';
import { addSpan, bytes, loadFirst, loadSecond, ONE, PAIR, QUAD, Step, storeStep } from './lanes';
import { one, tanhSpan } from './math';
import { scratchPanels } from './scratch';

/** scores[t][i] ← Σ_j v[j] tanh(q[t][j] + keys[i][j]). Rows of q and of keys are `stride` apart, rows of scores `strideScores`. */
export function additiveScores(
  scores: usize,
  q: usize,
  keys: usize,
  v: usize,
  steps: i32,
  length: i32,
  width: i32,
  strideScores: i32,
  stride: i32,
): void {
  const u = scratchPanels();
  for (let t = 0; t < steps; t++) {
    const row = (q + t * stride) << 2;
    for (let i = 0; i < length; i++) {
      hidden(u, row, (keys + i * stride) << 2, width);
      store<f32>((scores + t * strideScores + i) << 2, dot(u, v << 2, width));
    }
  }
}

/**
 * With u = tanh(q[t] + keys[i]) and g = dScores[t][i]: dv += g u, and, with d = g v ⊙ (1 − u²), dq[t] += d and dKeys[i] += d.
 */
export function additiveScoresBackward(
  dq: usize,
  dKeys: usize,
  dv: usize,
  dScores: usize,
  q: usize,
  keys: usize,
  v: usize,
  steps: i32,
  length: i32,
  width: i32,
  strideScores: i32,
  stride: i32,
): void {
  const u = scratchPanels();
  for (let t = 0; t < steps; t++) {
    const row = (q + t * stride) << 2;
    const dRow = (dq + t * stride) << 2;
    for (let i = 0; i < length; i++) {
      const g = (dScores + t * strideScores + i) << 2;
      hidden(u, row, (keys + i * stride) << 2, width);
      scatterGradients(dRow, (dKeys + i * stride) << 2, dv << 2, u, v << 2, g, width);
    }
  }
}

/** u ← tanh(q + key), of a query and a key. */
@inline
function hidden(u: usize, q: usize, key: usize, width: i32): void {
  addSpan(u, q, key, width);
  tanhSpan(u, u, width);
}

/** Σ a b, in the order of four lanes and then of the rest. */
function dot(a: usize, b: usize, n: i32): f32 {
  let lanes = f32x4.splat(0);
  for (; n >= QUAD; n -= QUAD, a += bytes(QUAD), b += bytes(QUAD)) {
    lanes = madd(v128.load(a), v128.load(b), lanes);
  }
  let sum =
    f32x4.extract_lane(lanes, 0) +
    f32x4.extract_lane(lanes, 1) +
    (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3));
  for (; n > 0; n--, a += bytes(ONE), b += bytes(ONE)) sum += load<f32>(a) * load<f32>(b);
  return sum;
}

/** One query and key: what they contribute to all gradients, for the gradient of their score at `g`. */
function scatterGradients(dq: usize, dKey: usize, dv: usize, u: usize, v: usize, g: usize, n: i32): void {
  for (; n >= PAIR; n -= PAIR) {
    gradientStep(dq, dKey, dv, u, v, g, PAIR);
    dq += bytes(PAIR);
    dKey += bytes(PAIR);
    dv += bytes(PAIR);
    u += bytes(PAIR);
    v += bytes(PAIR);
  }
  for (; n > 0; n--) {
    gradientStep(dq, dKey, dv, u, v, g, ONE);
    dq += bytes(ONE);
    dKey += bytes(ONE);
    dv += bytes(ONE);
    u += bytes(ONE);
    v += bytes(ONE);
  }
}

@inline
function gradientStep(dq: usize, dKey: usize, dv: usize, u: usize, v: usize, g: usize, step: Step): void {
  const low = gradient(loadFirst(u, step), loadFirst(v, step), g);
  const high = gradient(loadSecond(u, step), loadSecond(v, step), g);
  const score = v128.load32_splat(g);
  const dvLow = madd(score, loadFirst(u, step), loadFirst(dv, step));
  const dvHigh = madd(score, loadSecond(u, step), loadSecond(dv, step));
  storeStep(dv, dvLow, dvHigh, step);
  const dqLow = f32x4.add(loadFirst(dq, step), low);
  const dqHigh = f32x4.add(loadSecond(dq, step), high);
  storeStep(dq, dqLow, dqHigh, step);
  const dKeyLow = f32x4.add(loadFirst(dKey, step), low);
  const dKeyHigh = f32x4.add(loadSecond(dKey, step), high);
  storeStep(dKey, dKeyLow, dKeyHigh, step);
}

/** g v (1 − u²). */
@inline
function gradient(u: v128, v: v128, g: usize): v128 {
  return f32x4.mul(f32x4.mul(v128.load32_splat(g), v), nmadd(u, u, one()));
}
