import { madd, maddDouble } from './fused';
import { bytes, loadFirst, loadSecond, ONE, PAIR, QUAD, Step, storeStep } from './lanes';
import { scratchSettings } from './scratch';

// A function first writes its settings to scratch memory, because its loop reads each of them as a vector of equal numbers.

/** Σ g², in float64, where squares of float32 are exact. */
export function sumOfSquares(g: usize, n: i32): f64 {
  g <<= 2;
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (; n >= PAIR; n -= PAIR, g += bytes(PAIR)) {
    const a = f64x2.promote_low_f32x4(v128.load64_zero(g));
    const b = f64x2.promote_low_f32x4(v128.load64_zero(g, 8));
    const c = f64x2.promote_low_f32x4(v128.load64_zero(g, 16));
    const d = f64x2.promote_low_f32x4(v128.load64_zero(g, 24));
    s0 = maddDouble(a, a, s0);
    s1 = maddDouble(b, b, s1);
    s2 = maddDouble(c, c, s2);
    s3 = maddDouble(d, d, s3);
  }
  const lanes = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  let sum = f64x2.extract_lane(lanes, 0) + f64x2.extract_lane(lanes, 1);
  for (; n > 0; n--, g += bytes(ONE)) {
    const x = <f64>load<f32>(g);
    sum += x * x;
  }
  return sum;
}

/** g ← min(max(g, −limit), limit). NaN stays NaN. */
export function clamp(g: usize, limit: f32, n: i32): void {
  g <<= 2;
  const settings = scratchSettings();
  store<f32>(settings, limit, 0);
  store<f32>(settings, -limit, 4);
  for (; n >= PAIR; n -= PAIR, g += bytes(PAIR)) clampStep(g, settings, PAIR);
  for (; n >= QUAD; n -= QUAD, g += bytes(QUAD)) clampStep(g, settings, QUAD);
  for (; n > 0; n--, g += bytes(ONE)) clampStep(g, settings, ONE);
}

@inline
function clampStep(g: usize, settings: usize, step: Step): void {
  const low = clamped(loadFirst(g, step), settings);
  const high = clamped(loadSecond(g, step), settings);
  storeStep(g, low, high, step);
}

@inline
function clamped(x: v128, settings: usize): v128 {
  return f32x4.pmax(f32x4.pmin(x, v128.load32_splat(settings)), v128.load32_splat(settings, 4));
}

/** mean ← mean + share · (p − mean). */
export function average(mean: usize, p: usize, n: i32, share: f32): void {
  mean <<= 2;
  p <<= 2;
  const settings = scratchSettings();
  store<f32>(settings, share);
  const end = bytes(n);
  let at: usize = 0;
  for (; at + bytes(PAIR) <= end; at += bytes(PAIR)) averageStep(mean + at, p + at, settings, PAIR);
  for (; at + bytes(QUAD) <= end; at += bytes(QUAD)) averageStep(mean + at, p + at, settings, QUAD);
  for (; at < end; at += bytes(ONE)) averageStep(mean + at, p + at, settings, ONE);
}

@inline
function averageStep(mean: usize, p: usize, settings: usize, step: Step): void {
  const low = towards(loadFirst(mean, step), loadFirst(p, step), settings);
  const high = towards(loadSecond(mean, step), loadSecond(p, step), settings);
  storeStep(mean, low, high, step);
}

@inline
function towards(mean: v128, p: v128, settings: usize): v128 {
  return madd(v128.load32_splat(settings), f32x4.sub(p, mean), mean);
}

/** With γ = scale·g + weightDecay·p: velocity ← momentum·velocity + γ; p ← p − rate·velocity. */
export function sgd(
  p: usize,
  g: usize,
  velocity: usize,
  n: i32,
  rate: f32,
  scale: f32,
  momentum: f32,
  weightDecay: f32,
): void {
  p <<= 2;
  g <<= 2;
  velocity <<= 2;
  const settings = scratchSettings();
  store<f32>(settings, -rate, 0);
  store<f32>(settings, scale, 4);
  store<f32>(settings, weightDecay, 8);
  store<f32>(settings, momentum, 12);
  const end = bytes(n);
  let at: usize = 0;
  for (; at + bytes(PAIR) <= end; at += bytes(PAIR)) sgdStep(p + at, g + at, velocity + at, settings, PAIR);
  for (; at + bytes(QUAD) <= end; at += bytes(QUAD)) sgdStep(p + at, g + at, velocity + at, settings, QUAD);
  for (; at < end; at += bytes(ONE)) sgdStep(p + at, g + at, velocity + at, settings, ONE);
}

@inline
function sgdStep(p: usize, g: usize, velocity: usize, settings: usize, step: Step): void {
  const p0 = loadFirst(p, step);
  const p1 = loadSecond(p, step);
  const v0 = momentum(loadFirst(velocity, step), gradient(loadFirst(g, step), p0, settings), settings);
  const v1 = momentum(loadSecond(velocity, step), gradient(loadSecond(g, step), p1, settings), settings);
  storeStep(velocity, v0, v1, step);
  storeStep(p, descend(p0, v0, settings), descend(p1, v1, settings), step);
}

/** p − rate · direction. */
@inline
function descend(p: v128, direction: v128, settings: usize): v128 {
  return madd(v128.load32_splat(settings, 0), direction, p);
}

/** scale · g + weightDecay · p. */
@inline
function gradient(g: v128, p: v128, settings: usize): v128 {
  const scaled = f32x4.mul(v128.load32_splat(settings, 4), g);
  return madd(v128.load32_splat(settings, 8), p, scaled);
}

@inline
function momentum(velocity: v128, g: v128, settings: usize): v128 {
  return madd(v128.load32_splat(settings, 12), velocity, g);
}

/**
 * With γ = scale·g + weightDecay·p: s ← smoothing·s + squareWeight·γ²; p ← p − rate·γ / (√s + ε). This is RMSprop with
 * squareWeight = 1 − smoothing, and Adagrad with smoothing = squareWeight = 1.
 */
export function adaptive(
  p: usize,
  g: usize,
  s: usize,
  n: i32,
  rate: f32,
  scale: f32,
  weightDecay: f32,
  smoothing: f32,
  squareWeight: f32,
  epsilon: f32,
): void {
  p <<= 2;
  g <<= 2;
  s <<= 2;
  const settings = scratchSettings();
  store<f32>(settings, -rate, 0);
  store<f32>(settings, scale, 4);
  store<f32>(settings, weightDecay, 8);
  store<f32>(settings, smoothing, 12);
  store<f32>(settings, squareWeight, 16);
  store<f32>(settings, epsilon, 20);
  const end = bytes(n);
  let at: usize = 0;
  for (; at + bytes(PAIR) <= end; at += bytes(PAIR)) adaptiveStep(p + at, g + at, s + at, settings, PAIR);
  for (; at + bytes(QUAD) <= end; at += bytes(QUAD)) adaptiveStep(p + at, g + at, s + at, settings, QUAD);
  for (; at < end; at += bytes(ONE)) adaptiveStep(p + at, g + at, s + at, settings, ONE);
}

@inline
function adaptiveStep(p: usize, g: usize, s: usize, settings: usize, step: Step): void {
  const p0 = loadFirst(p, step);
  const p1 = loadSecond(p, step);
  const g0 = gradient(loadFirst(g, step), p0, settings);
  const g1 = gradient(loadSecond(g, step), p1, settings);
  const s0 = secondMoment(loadFirst(s, step), g0, settings);
  const s1 = secondMoment(loadSecond(s, step), g1, settings);
  storeStep(s, s0, s1, step);
  storeStep(
    p,
    descend(p0, normalized(g0, s0, settings), settings),
    descend(p1, normalized(g1, s1, settings), settings),
    step,
  );
}

@inline
function secondMoment(s: v128, g: v128, settings: usize): v128 {
  const squares = f32x4.mul(f32x4.mul(v128.load32_splat(settings, 16), g), g);
  return madd(v128.load32_splat(settings, 12), s, squares);
}

@inline
function normalized(g: v128, s: v128, settings: usize): v128 {
  return f32x4.div(g, f32x4.add(f32x4.sqrt(s), v128.load32_splat(settings, 20)));
}

/**
 * Adam. With γ = scale·g: m ← β₁m + (1 − β₁)γ; v ← β₂v + (1 − β₂)γ²; p ← p − decay·p − rate·m / (√v · root + ε). `rate` contains the
 * correction of m's bias, and `root` that of v's.
 */
export function adam(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  n: i32,
  rate: f32,
  scale: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  root: f32,
  epsilon: f32,
  decay: f32,
): void {
  p <<= 2;
  g <<= 2;
  m <<= 2;
  v <<= 2;
  const settings = scratchSettings();
  store<f32>(settings, -rate, 0);
  store<f32>(settings, scale, 4);
  store<f32>(settings, beta1, 8);
  store<f32>(settings, oneMinusBeta1, 12);
  store<f32>(settings, beta2, 16);
  store<f32>(settings, oneMinusBeta2, 20);
  store<f32>(settings, root, 24);
  store<f32>(settings, epsilon, 28);
  store<f32>(settings, -decay, 32);
  const end = bytes(n);
  let at: usize = 0;
  for (; at + bytes(PAIR) <= end; at += bytes(PAIR)) {
    adamStep(p + at, g + at, m + at, v + at, settings, PAIR);
  }
  for (; at + bytes(QUAD) <= end; at += bytes(QUAD)) {
    adamStep(p + at, g + at, m + at, v + at, settings, QUAD);
  }
  for (; at < end; at += bytes(ONE)) {
    adamStep(p + at, g + at, m + at, v + at, settings, ONE);
  }
}

@inline
function adamStep(p: usize, g: usize, m: usize, v: usize, settings: usize, step: Step): void {
  const g0 = f32x4.mul(loadFirst(g, step), v128.load32_splat(settings, 4));
  const g1 = f32x4.mul(loadSecond(g, step), v128.load32_splat(settings, 4));
  const m0 = adamMean(loadFirst(m, step), g0, settings);
  const m1 = adamMean(loadSecond(m, step), g1, settings);
  const v0 = adamVariance(loadFirst(v, step), g0, settings);
  const v1 = adamVariance(loadSecond(v, step), g1, settings);
  const p0 = adamUpdate(loadFirst(p, step), m0, v0, settings);
  const p1 = adamUpdate(loadSecond(p, step), m1, v1, settings);
  storeStep(m, m0, m1, step);
  storeStep(v, v0, v1, step);
  storeStep(p, p0, p1, step);
}

@inline
function adamMean(m: v128, g: v128, settings: usize): v128 {
  return madd(v128.load32_splat(settings, 8), m, f32x4.mul(v128.load32_splat(settings, 12), g));
}

@inline
function adamVariance(v: v128, g: v128, settings: usize): v128 {
  const squares = f32x4.mul(f32x4.mul(v128.load32_splat(settings, 20), g), g);
  return madd(v128.load32_splat(settings, 16), v, squares);
}

@inline
function adamUpdate(p: v128, m: v128, v: v128, settings: usize): v128 {
  const root = madd(f32x4.sqrt(v), v128.load32_splat(settings, 24), v128.load32_splat(settings, 28));
  const decayed = madd(v128.load32_splat(settings, 32), p, p);
  return madd(v128.load32_splat(settings, 0), f32x4.div(m, root), decayed);
}
