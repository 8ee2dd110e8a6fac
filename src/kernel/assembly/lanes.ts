/**
 * How to walk along a row of any length and alignment: in steps of eight numbers, then of four, then of one. A function for a step
 * takes its width as a compile-time constant, so one function serves all three.
 *
 * V8's revectorizer looks for two neighbouring 128-bit stores and merges what leads to them into 256-bit operations. It recognises
 * neighbours by their constant offsets, and any store between the loads stops it. A step of eight therefore handles two
 * vectors, loads both before it stores either, and addresses the second one by a constant offset.
 */
export type Step = i32;
/** Two vectors: eight neighbouring numbers. */
export const PAIR: Step = 8;
/** One vector: four numbers. */
export const QUAD: Step = 4;
/** One number, in lane 0 of a vector. */
export const ONE: Step = 1;

/** The first vector of a step at `address`. */
@inline
export function loadFirst(address: usize, step: Step): v128 {
  return step === ONE ? v128.load32_zero(address) : v128.load(address);
}

/** The second vector of a pair. A narrower step has none; it gets the first again, and `storeStep` drops what comes of it. */
@inline
export function loadSecond(address: usize, step: Step): v128 {
  return step === PAIR ? v128.load(address, 16) : loadFirst(address, step);
}

/** Stores what a step has computed: both vectors, the low one alone, or one number of it. */
@inline
export function storeStep(address: usize, low: v128, high: v128, step: Step): void {
  if (step === ONE) {
    v128.store32_lane(address, low, 0);
  } else {
    v128.store(address, low);
    if (step === PAIR) v128.store(address, high, 16);
  }
}

/** Bytes that so many numbers take. */
@inline
export function bytes(numbers: i32): usize {
  return (<usize>numbers) << 2;
}

/** out ← a ⊙ b. Addresses in bytes. */
@inline
export function multiplySpan(out: usize, a: usize, b: usize, n: i32): void {
  const end = bytes(n);
  let at: usize = 0;
  for (; at + bytes(PAIR) <= end; at += bytes(PAIR)) multiplyStep(out + at, a + at, b + at, PAIR);
  for (; at + bytes(QUAD) <= end; at += bytes(QUAD)) multiplyStep(out + at, a + at, b + at, QUAD);
  for (; at < end; at += bytes(ONE)) multiplyStep(out + at, a + at, b + at, ONE);
}

@inline
function multiplyStep(out: usize, a: usize, b: usize, step: Step): void {
  const low = f32x4.mul(loadFirst(a, step), loadFirst(b, step));
  const high = f32x4.mul(loadSecond(a, step), loadSecond(b, step));
  storeStep(out, low, high, step);
}

/** out ← a + b. Addresses in bytes. May work in place. */
@inline
export function addSpan(out: usize, a: usize, b: usize, n: i32): void {
  for (; n >= PAIR; n -= PAIR, out += bytes(PAIR), a += bytes(PAIR), b += bytes(PAIR)) addStep(out, a, b, PAIR);
  for (; n >= QUAD; n -= QUAD, out += bytes(QUAD), a += bytes(QUAD), b += bytes(QUAD)) addStep(out, a, b, QUAD);
  for (; n > 0; n--, out += bytes(ONE), a += bytes(ONE), b += bytes(ONE)) addStep(out, a, b, ONE);
}

@inline
function addStep(out: usize, a: usize, b: usize, step: Step): void {
  const low = f32x4.add(loadFirst(a, step), loadFirst(b, step));
  const high = f32x4.add(loadSecond(a, step), loadSecond(b, step));
  storeStep(out, low, high, step);
}
