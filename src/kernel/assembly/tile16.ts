import { madd } from './fused';

/** C ← S + A·B for 1 to 6 rows. Each count of rows has a function of its own, in which `rows` is a compile-time constant. */
@inline
export function tile16(rows: i32, c: usize, strideC: usize, s: usize, strideS: usize, a: usize, strideA: usize, b: usize, k: i32): void {
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
 * The micro-kernel for 256-bit registers: C ← S + A·B for a tile of `rows` ≤ 6 rows and 16 columns, over k steps. Strides in bytes.
 *
 * V8's revectorizer merges each two neighbouring operations into one. A tile of six rows then has 12 accumulators, which with 2 vectors of
 * B and one of A fill the 15 registers that V8 hands out. 12 independent sums hide the latency of a fused multiply-add. Without the
 * revectorizer there are twice as many vectors as registers can hold, and this code is slow.
 *
 * The loop is not unrolled: in an unrolled loop V8's scheduler moves loads up and runs out of registers, which costs a third of
 * the speed.
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
  let x00 = v128.load(s), x01 = v128.load(s, 16), x02 = v128.load(s, 32), x03 = v128.load(s, 48);
  let x10 = zero, x11 = zero, x12 = zero, x13 = zero;
  let x20 = zero, x21 = zero, x22 = zero, x23 = zero;
  let x30 = zero, x31 = zero, x32 = zero, x33 = zero;
  let x40 = zero, x41 = zero, x42 = zero, x43 = zero;
  let x50 = zero, x51 = zero, x52 = zero, x53 = zero;
  if (rows > 1) { x10 = v128.load(s1); x11 = v128.load(s1, 16); x12 = v128.load(s1, 32); x13 = v128.load(s1, 48); }
  if (rows > 2) { x20 = v128.load(s2); x21 = v128.load(s2, 16); x22 = v128.load(s2, 32); x23 = v128.load(s2, 48); }
  if (rows > 3) { x30 = v128.load(s3); x31 = v128.load(s3, 16); x32 = v128.load(s3, 32); x33 = v128.load(s3, 48); }
  if (rows > 4) { x40 = v128.load(s4); x41 = v128.load(s4, 16); x42 = v128.load(s4, 32); x43 = v128.load(s4, 48); }
  if (rows > 5) { x50 = v128.load(s5); x51 = v128.load(s5, 16); x52 = v128.load(s5, 32); x53 = v128.load(s5, 48); }
  for (; k > 0; k--) {
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
    let f = v128.load32_splat(a);
    x00 = madd(f, b0, x00); x01 = madd(f, b1, x01); x02 = madd(f, b2, x02); x03 = madd(f, b3, x03);
    if (rows > 1) {
      f = v128.load32_splat(a1);
      x10 = madd(f, b0, x10); x11 = madd(f, b1, x11); x12 = madd(f, b2, x12); x13 = madd(f, b3, x13);
      a1 += 4;
    }
    if (rows > 2) {
      f = v128.load32_splat(a2);
      x20 = madd(f, b0, x20); x21 = madd(f, b1, x21); x22 = madd(f, b2, x22); x23 = madd(f, b3, x23);
      a2 += 4;
    }
    if (rows > 3) {
      f = v128.load32_splat(a3);
      x30 = madd(f, b0, x30); x31 = madd(f, b1, x31); x32 = madd(f, b2, x32); x33 = madd(f, b3, x33);
      a3 += 4;
    }
    if (rows > 4) {
      f = v128.load32_splat(a4);
      x40 = madd(f, b0, x40); x41 = madd(f, b1, x41); x42 = madd(f, b2, x42); x43 = madd(f, b3, x43);
      a4 += 4;
    }
    if (rows > 5) {
      f = v128.load32_splat(a5);
      x50 = madd(f, b0, x50); x51 = madd(f, b1, x51); x52 = madd(f, b2, x52); x53 = madd(f, b3, x53);
      a5 += 4;
    }
    a += 4;
    b += 64;
  }
  v128.store(c, x00); v128.store(c, x01, 16); v128.store(c, x02, 32); v128.store(c, x03, 48);
  if (rows > 1) { v128.store(c1, x10); v128.store(c1, x11, 16); v128.store(c1, x12, 32); v128.store(c1, x13, 48); }
  if (rows > 2) { v128.store(c2, x20); v128.store(c2, x21, 16); v128.store(c2, x22, 32); v128.store(c2, x23, 48); }
  if (rows > 3) { v128.store(c3, x30); v128.store(c3, x31, 16); v128.store(c3, x32, 32); v128.store(c3, x33, 48); }
  if (rows > 4) { v128.store(c4, x40); v128.store(c4, x41, 16); v128.store(c4, x42, 32); v128.store(c4, x43, 48); }
  if (rows > 5) { v128.store(c5, x50); v128.store(c5, x51, 16); v128.store(c5, x52, 32); v128.store(c5, x53, 48); }
}
