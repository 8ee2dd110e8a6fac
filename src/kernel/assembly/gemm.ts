import { block } from './block';
import { bytes } from './lanes';
import { PANEL, packBlock, transpose } from './pack';
import {
  BLOCK_B,
  BLOCK_K,
  BLOCK_KT,
  BLOCK_M,
  BLOCK_N,
  STRIDE_A,
  STRIDE_PANEL,
  scratchPanels,
  scratchTransposed,
} from './scratch';

// Products, each for tiles of 16 columns (256-bit registers) and of 8 columns (128-bit registers). A number of C starts from S, or from
// its present value, and adds A[i][p] · B[p][j] for ascending p by fused multiply-add. The order is the same for both tiles, so they
// give the same bits. Long sums are done in blocks along k; storing C between two blocks and loading it again is exact.

/** C ← S + A·B for C and S of m × n, A of m × k, B packed. */
export function multiply16(
  c: usize,
  start: usize,
  a: usize,
  packed: usize,
  m: i32,
  n: i32,
  k: i32,
  strideC: i32,
  strideStart: i32,
  strideA: i32,
): void {
  multiply(c << 2, start << 2, a << 2, packed << 2, m, n, k, bytes(strideC), bytes(strideStart), bytes(strideA), 16);
}

export function multiply8(
  c: usize,
  start: usize,
  a: usize,
  packed: usize,
  m: i32,
  n: i32,
  k: i32,
  strideC: i32,
  strideStart: i32,
  strideA: i32,
): void {
  multiply(c << 2, start << 2, a << 2, packed << 2, m, n, k, bytes(strideC), bytes(strideStart), bytes(strideA), 8);
}

@inline
function multiply(
  c: usize,
  s: usize,
  a: usize,
  packed: usize,
  m: i32,
  n: i32,
  k: i32,
  strideC: usize,
  strideS: usize,
  strideA: usize,
  width: i32,
): void {
  const stridePanel = bytes(k) * PANEL;
  for (let p = 0; p < k; p += BLOCK_K) {
    const steps = min(k - p, BLOCK_K);
    const columns = (BLOCK_B / PANEL / steps) * PANEL;
    for (let j = 0; j < n; j += columns) {
      const to = c + bytes(j);
      const from = s + bytes(j);
      const part = min(n - j, columns);
      const panels = packed + bytes(k) * <usize>j + bytes(p) * PANEL;
      block(to, strideC, from, strideS, a + bytes(p), strideA, panels, stridePanel, m, part, steps, width);
    }
    // C now holds the sums so far: the next block starts from them.
    s = c;
    strideS = strideC;
  }
}

/** C += Aᵀ·B for C of m × n, A of k × m, B of k × n. */
export function multiplyTransposed16(
  c: usize,
  a: usize,
  b: usize,
  m: i32,
  n: i32,
  k: i32,
  strideC: i32,
  strideA: i32,
  strideB: i32,
): void {
  multiplyTransposed(c << 2, a << 2, b << 2, m, n, k, bytes(strideC), bytes(strideA), bytes(strideB), 16);
}

export function multiplyTransposed8(
  c: usize,
  a: usize,
  b: usize,
  m: i32,
  n: i32,
  k: i32,
  strideC: i32,
  strideA: i32,
  strideB: i32,
): void {
  multiplyTransposed(c << 2, a << 2, b << 2, m, n, k, bytes(strideC), bytes(strideA), bytes(strideB), 8);
}

/** Copies a block of Aᵀ and a block of B at a time to scratch memory, in the order in which the tiles read them. */
@inline
function multiplyTransposed(
  c: usize,
  a: usize,
  b: usize,
  m: i32,
  n: i32,
  k: i32,
  strideC: usize,
  strideA: usize,
  strideB: usize,
  width: i32,
): void {
  const transposed = scratchTransposed();
  const panels = scratchPanels();
  for (let p = 0; p < k; p += BLOCK_KT) {
    const steps = min(k - p, BLOCK_KT);
    for (let i = 0; i < m; i += BLOCK_M) {
      const rows = min(m - i, BLOCK_M);
      transpose(transposed, STRIDE_A, a + <usize>p * strideA + bytes(i), strideA, steps, rows);
      for (let j = 0; j < n; j += BLOCK_N) {
        const columns = min(n - j, BLOCK_N);
        packBlock(panels, STRIDE_PANEL, b + <usize>p * strideB + bytes(j), steps, columns, strideB);
        const to = c + <usize>i * strideC + bytes(j);
        block(to, strideC, to, strideC, transposed, STRIDE_A, panels, STRIDE_PANEL, rows, columns, steps, width);
      }
    }
  }
}
