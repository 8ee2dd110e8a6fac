import { madd } from './fused';

// Thin tiles: one or two rows, and two panels of B (32 columns). A fused multiply-add takes several cycles, and a sum can take the next
// one only when the last is done. One row of one panel has too few sums to fill these cycles; two panels have enough, and speed is then
// limited by memory. Sampling multiplies a single row for each character. Strides in bytes.

/** c ← s + a·B for one row: 8 sums of 4 columns. */
export function thin1(c: usize, s: usize, a: usize, b: usize, stridePanel: usize, k: i32): void {
  let next = b + stridePanel;
  let x00 = v128.load(s), x01 = v128.load(s, 16), x02 = v128.load(s, 32), x03 = v128.load(s, 48);
  let x04 = v128.load(s, 64), x05 = v128.load(s, 80), x06 = v128.load(s, 96), x07 = v128.load(s, 112);
  for (; k > 0; k--) {
    const f0 = v128.load32_splat(a);
    x00 = madd(f0, v128.load(b), x00); x01 = madd(f0, v128.load(b, 16), x01);
    x02 = madd(f0, v128.load(b, 32), x02); x03 = madd(f0, v128.load(b, 48), x03);
    x04 = madd(f0, v128.load(next), x04); x05 = madd(f0, v128.load(next, 16), x05);
    x06 = madd(f0, v128.load(next, 32), x06); x07 = madd(f0, v128.load(next, 48), x07);
    a += 4;
    b += 64;
    next += 64;
  }
  v128.store(c, x00); v128.store(c, x01, 16); v128.store(c, x02, 32); v128.store(c, x03, 48);
  v128.store(c, x04, 64); v128.store(c, x05, 80); v128.store(c, x06, 96); v128.store(c, x07, 112);
}

/** The same for two rows. Its sums fit into the registers only if these have 256 bits. */
export function thin2(
  c: usize,
  strideC: usize,
  s: usize,
  strideS: usize,
  a: usize,
  strideA: usize,
  b: usize,
  stridePanel: usize,
  k: i32,
): void {
  const c1 = c + strideC;
  const s1 = s + strideS;
  let a1 = a + strideA;
  let next = b + stridePanel;
  let x00 = v128.load(s), x01 = v128.load(s, 16), x02 = v128.load(s, 32), x03 = v128.load(s, 48);
  let x04 = v128.load(s, 64), x05 = v128.load(s, 80), x06 = v128.load(s, 96), x07 = v128.load(s, 112);
  let x10 = v128.load(s1), x11 = v128.load(s1, 16), x12 = v128.load(s1, 32), x13 = v128.load(s1, 48);
  let x14 = v128.load(s1, 64), x15 = v128.load(s1, 80), x16 = v128.load(s1, 96), x17 = v128.load(s1, 112);
  for (; k > 0; k--) {
    const f0 = v128.load32_splat(a);
    const f1 = v128.load32_splat(a1);
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(b, 32), b3 = v128.load(b, 48);
    x00 = madd(f0, b0, x00); x01 = madd(f0, b1, x01); x02 = madd(f0, b2, x02); x03 = madd(f0, b3, x03);
    x10 = madd(f1, b0, x10); x11 = madd(f1, b1, x11); x12 = madd(f1, b2, x12); x13 = madd(f1, b3, x13);
    const b4 = v128.load(next), b5 = v128.load(next, 16), b6 = v128.load(next, 32), b7 = v128.load(next, 48);
    x04 = madd(f0, b4, x04); x05 = madd(f0, b5, x05); x06 = madd(f0, b6, x06); x07 = madd(f0, b7, x07);
    x14 = madd(f1, b4, x14); x15 = madd(f1, b5, x15); x16 = madd(f1, b6, x16); x17 = madd(f1, b7, x17);
    a += 4;
    a1 += 4;
    b += 64;
    next += 64;
  }
  v128.store(c, x00); v128.store(c, x01, 16); v128.store(c, x02, 32); v128.store(c, x03, 48);
  v128.store(c, x04, 64); v128.store(c, x05, 80); v128.store(c, x06, 96); v128.store(c, x07, 112);
  v128.store(c1, x10); v128.store(c1, x11, 16); v128.store(c1, x12, 32); v128.store(c1, x13, 48);
  v128.store(c1, x14, 64); v128.store(c1, x15, 80); v128.store(c1, x16, 96); v128.store(c1, x17, 112);
}
