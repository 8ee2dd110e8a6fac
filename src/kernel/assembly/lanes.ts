/**
 * Walking along a row of any length and alignment: steps of eight numbers, then of four, then of one.
 *
 * V8's revectorizer merges two 128-bit operations into one of 256 bits where it finds neighbouring stores, so a step handles
 * a pair of vectors, loading both before it stores either; and it compares constant offsets, so the second vector's is an
 * immediate. The same step, told to be narrower at compile time, handles the tail.
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
export function first(address: usize, step: Step): v128 {
  return step === ONE ? v128.load32_zero(address) : v128.load(address);
}

/** The second vector of a pair; what a narrower step computes from it isn't stored. */
@inline
export function second(address: usize, step: Step): v128 {
  return step === PAIR ? v128.load(address, 16) : first(address, step);
}

@inline
export function put(address: usize, low: v128, high: v128, step: Step): void {
  if (step === ONE) {
    v128.store32_lane(address, low, 0);
  } else {
    v128.store(address, low);
    if (step === PAIR) v128.store(address, high, 16);
  }
}

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
  const low = f32x4.mul(first(a, step), first(b, step));
  const high = f32x4.mul(second(a, step), second(b, step));
  put(out, low, high, step);
}
