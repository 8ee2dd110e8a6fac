import { madd } from './fused';

/** C ← S + A·B for 1 to 6 rows. Each count of rows has a function of its own, in which `rows` is a compile-time constant. */
@inline
export function tile8(rows: i32, c: usize, strideC: usize, s: usize, strideS: usize, a: usize, strideA: usize, b: usize, k: i32): void {
  if (rows === 6) rows6(c, strideC, s, strideS, a, strideA, b, k);
  else if (rows === 5) rows5(c, strideC, s, strideS, a, strideA, b, k);
  else if (rows === 4) rows4(c, strideC, s, strideS, a, strideA, b, k);
  else if (rows === 3) rows3(c, strideC, s, strideS, a, strideA, b, k);
  else if (rows === 2) rows2(c, strideC, s, strideS, a, strideA, b, k);
  else rows1(c, strideC, s, strideS, a, strideA, b, k);
}

function rows1(c: usize, strideC: usize, s: usize, strideS: usize, a: usize, strideA: usize, b: usize, k: i32): void {
  tile(1, c, strideC, s, strideS, a, strideA, b, k);
}

function rows2(c: usize, strideC: usize, s: usize, strideS: usize, a: usize, strideA: usize, b: usize, k: i32): void {
  tile(2, c, strideC, s, strideS, a, strideA, b, k);
}

function rows3(c: usize, strideC: usize, s: usize, strideS: usize, a: usize, strideA: usize, b: usize, k: i32): void {
  tile(3, c, strideC, s, strideS, a, strideA, b, k);
}

function rows4(c: usize, strideC: usize, s: usize, strideS: usize, a: usize, strideA: usize, b: usize, k: i32): void {
  tile(4, c, strideC, s, strideS, a, strideA, b, k);
}

function rows5(c: usize, strideC: usize, s: usize, strideS: usize, a: usize, strideA: usize, b: usize, k: i32): void {
  tile(5, c, strideC, s, strideS, a, strideA, b, k);
}

function rows6(c: usize, strideC: usize, s: usize, strideS: usize, a: usize, strideA: usize, b: usize, k: i32): void {
  tile(6, c, strideC, s, strideS, a, strideA, b, k);
}

/**
 * The micro-kernel for 128-bit registers: like that of `tile16`, with 8 columns, which are half a panel, in 12 accumulators. Each
 * number sees the same operations in the same order as there.
 */
@inline
function tile(rows: i32, c: usize, strideC: usize, s: usize, strideS: usize, a: usize, strideA: usize, b: usize, k: i32): void {
  const zero = f32x4.splat(0);
  const c1 = c + strideC;
  const c2 = c1 + strideC;
  const c3 = c2 + strideC;
  const c4 = c3 + strideC;
  const c5 = c4 + strideC;
  const s1 = s + strideS;
  const s2 = s1 + strideS;
  const s3 = s2 + strideS;
  const s4 = s3 + strideS;
  const s5 = s4 + strideS;
  let a1 = a + strideA;
  let a2 = a1 + strideA;
  let a3 = a2 + strideA;
  let a4 = a3 + strideA;
  let a5 = a4 + strideA;
  let x00 = v128.load(s), x01 = v128.load(s, 16);
  let x10 = zero, x11 = zero;
  let x20 = zero, x21 = zero;
  let x30 = zero, x31 = zero;
  let x40 = zero, x41 = zero;
  let x50 = zero, x51 = zero;
  if (rows > 1) { x10 = v128.load(s1); x11 = v128.load(s1, 16); }
  if (rows > 2) { x20 = v128.load(s2); x21 = v128.load(s2, 16); }
  if (rows > 3) { x30 = v128.load(s3); x31 = v128.load(s3, 16); }
  if (rows > 4) { x40 = v128.load(s4); x41 = v128.load(s4, 16); }
  if (rows > 5) { x50 = v128.load(s5); x51 = v128.load(s5, 16); }
  for (; k > 0; k--) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let f = v128.load32_splat(a);
    x00 = madd(f, b0, x00); x01 = madd(f, b1, x01);
    if (rows > 1) {
      f = v128.load32_splat(a1);
      x10 = madd(f, b0, x10); x11 = madd(f, b1, x11);
      a1 += 4;
    }
    if (rows > 2) {
      f = v128.load32_splat(a2);
      x20 = madd(f, b0, x20); x21 = madd(f, b1, x21);
      a2 += 4;
    }
    if (rows > 3) {
      f = v128.load32_splat(a3);
      x30 = madd(f, b0, x30); x31 = madd(f, b1, x31);
      a3 += 4;
    }
    if (rows > 4) {
      f = v128.load32_splat(a4);
      x40 = madd(f, b0, x40); x41 = madd(f, b1, x41);
      a4 += 4;
    }
    if (rows > 5) {
      f = v128.load32_splat(a5);
      x50 = madd(f, b0, x50); x51 = madd(f, b1, x51);
      a5 += 4;
    }
    a += 4;
    b += 64;
  }
  v128.store(c, x00); v128.store(c, x01, 16);
  if (rows > 1) { v128.store(c1, x10); v128.store(c1, x11, 16); }
  if (rows > 2) { v128.store(c2, x20); v128.store(c2, x21, 16); }
  if (rows > 3) { v128.store(c3, x30); v128.store(c3, x31, 16); }
  if (rows > 4) { v128.store(c4, x40); v128.store(c4, x41, 16); }
  if (rows > 5) { v128.store(c5, x50); v128.store(c5, x51, 16); }
}
