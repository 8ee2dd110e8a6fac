import { bytes, loadFirst, loadSecond, ONE, PAIR, QUAD, Step, storeStep } from './lanes';
import { scratchSettings } from './scratch';

// A counter-based generator: the random bits of a number depend only on its place and on the key. The first multiplier sets
// neighbouring places apart; the other two are those of a 32-bit mixing function of low bias. All three are odd.
const SPREAD: i32 = 0x9e3779b1;
const MIX1: i32 = 0x21f0aaad;
const MIX2: i32 = 0x735a2d97;

/** out[j] ← a[j] · scale where hash(key, place + j) ≥ threshold, else 0. May work in place. */
export function dropout(out: usize, a: usize, n: i32, place: i32, key: i32, threshold: i32, scale: f32): void {
  out <<= 2;
  a <<= 2;
  const settings = scratchSettings();
  store<f32>(settings, scale);
  store<i32>(settings, threshold, 4);
  store<i32>(settings, key, 8);
  store<i32>(settings, SPREAD, 12);
  store<i32>(settings, MIX1, 16);
  store<i32>(settings, MIX2, 20);
  const end = bytes(n);
  let at: usize = 0;
  let places = i32x4.add(i32x4.splat(place), i32x4(0, 1, 2, 3));
  const four = i32x4.splat(4);
  const eight = i32x4.splat(8);
  for (; at + bytes(PAIR) <= end; at += bytes(PAIR)) {
    dropoutStep(out + at, a + at, places, i32x4.add(places, four), settings, PAIR);
    places = i32x4.add(places, eight);
  }
  for (; at + bytes(QUAD) <= end; at += bytes(QUAD)) {
    dropoutStep(out + at, a + at, places, places, settings, QUAD);
    places = i32x4.add(places, four);
  }
  const one = i32x4.splat(1);
  for (; at < end; at += bytes(ONE)) {
    dropoutStep(out + at, a + at, places, places, settings, ONE);
    places = i32x4.add(places, one);
  }
}

@inline
function dropoutStep(out: usize, a: usize, places: v128, next: v128, settings: usize, step: Step): void {
  const low = dropped(loadFirst(a, step), places, settings);
  const high = dropped(loadSecond(a, step), next, settings);
  storeStep(out, low, high, step);
}

@inline
function dropped(x: v128, places: v128, settings: usize): v128 {
  const kept = i32x4.ge_u(hash(places, settings), v128.load32_splat(settings, 4));
  return v128.and(f32x4.mul(x, v128.load32_splat(settings)), kept);
}

/** The key goes in twice. If it were only added to the place, all keys would draw from one sequence, each from another point on. */
@inline
function hash(place: v128, settings: usize): v128 {
  const key = v128.load32_splat(settings, 8);
  let x = v128.xor(i32x4.mul(place, v128.load32_splat(settings, 12)), key);
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), v128.load32_splat(settings, 16));
  x = i32x4.add(x, key);
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), v128.load32_splat(settings, 20));
  return v128.xor(x, i32x4.shr_u(x, 15));
}
