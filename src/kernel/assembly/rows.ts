import { addSpan, bytes, loadFirst, loadSecond, ONE, PAIR, QUAD, Step, storeStep } from './lanes';

/** out[r] ← table[ids[r]] + bias. A bias at address 0 is none: out[r] ← table[ids[r]]. */
export function gatherRows(out: usize, table: usize, ids: usize, bias: usize, rows: i32, n: i32): void {
  out <<= 2;
  table <<= 2;
  ids <<= 2;
  bias <<= 2;
  for (; rows > 0; rows--, out += bytes(n), ids += 4) {
    const from = table + load<usize>(ids) * bytes(n);
    if (bias === 0) copy(out, from, n);
    else addSpan(out, from, bias, n);
  }
}

/** table[ids[r]] += d[r], for r ascending. */
export function scatterRows(
  table: usize,
  d: usize,
  ids: usize,
  rows: i32,
  n: i32,
  strideTable: i32,
  strideD: i32,
): void {
  table <<= 2;
  d <<= 2;
  ids <<= 2;
  for (; rows > 0; rows--, d += bytes(strideD), ids += 4) {
    const to = table + load<usize>(ids) * bytes(strideTable);
    addSpan(to, to, d, n);
  }
}

/** out[j] += Σ_r d[r][j], for r ascending. The sums of 32 columns stay in registers. */
export function sumRows(out: usize, d: usize, rows: i32, n: i32, strideD: i32): void {
  out <<= 2;
  d <<= 2;
  const stride = bytes(strideD);
  for (; n >= 32; n -= 32, out += bytes(32), d += bytes(32)) sumColumns32(out, d, rows, stride);
  for (; n >= PAIR; n -= PAIR, out += bytes(PAIR), d += bytes(PAIR)) sumColumns(out, d, rows, stride, PAIR);
  for (; n >= QUAD; n -= QUAD, out += bytes(QUAD), d += bytes(QUAD)) sumColumns(out, d, rows, stride, QUAD);
  for (; n > 0; n--, out += bytes(ONE), d += bytes(ONE)) sumColumns(out, d, rows, stride, ONE);
}

function sumColumns32(out: usize, d: usize, rows: i32, stride: usize): void {
  let s0 = v128.load(out);
  let s1 = v128.load(out, 16);
  let s2 = v128.load(out, 32);
  let s3 = v128.load(out, 48);
  let s4 = v128.load(out, 64);
  let s5 = v128.load(out, 80);
  let s6 = v128.load(out, 96);
  let s7 = v128.load(out, 112);
  for (; rows > 0; rows--, d += stride) {
    s0 = f32x4.add(s0, v128.load(d));
    s1 = f32x4.add(s1, v128.load(d, 16));
    s2 = f32x4.add(s2, v128.load(d, 32));
    s3 = f32x4.add(s3, v128.load(d, 48));
    s4 = f32x4.add(s4, v128.load(d, 64));
    s5 = f32x4.add(s5, v128.load(d, 80));
    s6 = f32x4.add(s6, v128.load(d, 96));
    s7 = f32x4.add(s7, v128.load(d, 112));
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
  v128.store(out, s4, 64);
  v128.store(out, s5, 80);
  v128.store(out, s6, 96);
  v128.store(out, s7, 112);
}

@inline
function sumColumns(out: usize, d: usize, rows: i32, stride: usize, step: Step): void {
  let low = loadFirst(out, step);
  let high = loadSecond(out, step);
  for (let r = rows; r > 0; r--, d += stride) {
    low = f32x4.add(low, loadFirst(d, step));
    high = f32x4.add(high, loadSecond(d, step));
  }
  storeStep(out, low, high, step);
}

/** out[r] ← a[r] where keep[r] ≠ 0, else 0. May work in place. */
export function keepRows(out: usize, a: usize, keep: usize, rows: i32, n: i32): void {
  out <<= 2;
  a <<= 2;
  keep <<= 2;
  for (; rows > 0; rows--, out += bytes(n), a += bytes(n), keep += 4) {
    if (load<u32>(keep) === 0) memory.fill(out, 0, bytes(n));
    else if (out !== a) copy(out, a, n);
  }
}

/** out[r] += a[r] where keep[r] ≠ 0. */
export function addKeptRows(out: usize, a: usize, keep: usize, rows: i32, n: i32): void {
  out <<= 2;
  a <<= 2;
  keep <<= 2;
  for (; rows > 0; rows--, out += bytes(n), a += bytes(n), keep += 4) {
    if (load<u32>(keep) !== 0) addSpan(out, out, a, n);
  }
}

/** out[r] ← a[r] where mask[r] = 0; other rows stay as they are. */
export function restoreRows(out: usize, a: usize, mask: usize, rows: i32, n: i32): void {
  out <<= 2;
  a <<= 2;
  mask <<= 2;
  for (; rows > 0; rows--, out += bytes(n), a += bytes(n), mask += 4) {
    if (load<u32>(mask) === 0) copy(out, a, n);
  }
}

/** Where mask[r] = 0, out[r] ← a[r], then a[r] ← 0; elsewhere out[r] ← 0. */
export function moveRows(out: usize, a: usize, mask: usize, rows: i32, n: i32): void {
  out <<= 2;
  a <<= 2;
  mask <<= 2;
  for (; rows > 0; rows--, out += bytes(n), a += bytes(n), mask += 4) {
    if (load<u32>(mask) === 0) {
      copy(out, a, n);
      memory.fill(a, 0, bytes(n));
    } else {
      memory.fill(out, 0, bytes(n));
    }
  }
}

/** out ← value, n times. */
export function fill(out: usize, value: f32, n: i32): void {
  out <<= 2;
  if (reinterpret<u32>(value) === 0) {
    memory.fill(out, 0, bytes(n));
    return;
  }
  const values = f32x4.splat(value);
  for (; n >= PAIR; n -= PAIR, out += bytes(PAIR)) storeStep(out, values, values, PAIR);
  for (; n > 0; n--, out += bytes(ONE)) store<f32>(out, value);
}

/** to ← from. A loop, because rows are short: `memory.copy` would call a function of V8's. */
@inline
function copy(to: usize, from: usize, n: i32): void {
  for (; n >= PAIR; n -= PAIR, to += bytes(PAIR), from += bytes(PAIR)) copyStep(to, from, PAIR);
  for (; n >= QUAD; n -= QUAD, to += bytes(QUAD), from += bytes(QUAD)) copyStep(to, from, QUAD);
  for (; n > 0; n--, to += bytes(ONE), from += bytes(ONE)) copyStep(to, from, ONE);
}

@inline
function copyStep(to: usize, from: usize, step: Step): void {
  const low = loadFirst(from, step);
  const high = loadSecond(from, step);
  storeStep(to, low, high, step);
}
