import { bytes } from './lanes';
import { packPanel, packPanels, packPanelsTransposed, transpose } from './pack';
import { BLOCK_K, BLOCK_M, STRIDE_A, scratchPanel, scratchTile, scratchTransposed } from './scratch';
import { tile8 } from './tile8';
import { tile16 } from './tile16';

// Products, each for panels of 16 columns (256-bit) and of 8 (128-bit). Every number of C starts from its present value and
// takes A[i][p] · B[p][j] by fused multiply-add, p ascending, whatever the tile: the two agree to the bit. Blocks along k store C and
// load it again, which is exact.

/** Rows of the largest tile. */
const TILE_ROWS: i32 = 6;

export function pack16(packed: usize, b: usize, k: i32, n: i32, stride: i32): void {
  packPanels(packed << 2, b << 2, k, n, stride, 16);
}

export function pack8(packed: usize, b: usize, k: i32, n: i32, stride: i32): void {
  packPanels(packed << 2, b << 2, k, n, stride, 8);
}

export function packTransposed16(packed: usize, b: usize, k: i32, n: i32, stride: i32): void {
  packPanelsTransposed(packed << 2, b << 2, k, n, stride, 16);
}

export function packTransposed8(packed: usize, b: usize, k: i32, n: i32, stride: i32): void {
  packPanelsTransposed(packed << 2, b << 2, k, n, stride, 8);
}

/** C += A·B for C of m × n, A of m × k, B packed. */
export function multiply16(
  c: usize,
  a: usize,
  packed: usize,
  m: i32,
  n: i32,
  k: i32,
  strideC: i32,
  strideA: i32,
): void {
  multiply(c << 2, a << 2, packed << 2, m, n, k, bytes(strideC), bytes(strideA), 16);
}

export function multiply8(
  c: usize,
  a: usize,
  packed: usize,
  m: i32,
  n: i32,
  k: i32,
  strideC: i32,
  strideA: i32,
): void {
  multiply(c << 2, a << 2, packed << 2, m, n, k, bytes(strideC), bytes(strideA), 8);
}

@inline
function multiply(
  c: usize,
  a: usize,
  packed: usize,
  m: i32,
  n: i32,
  k: i32,
  strideC: usize,
  strideA: usize,
  width: i32,
): void {
  if (m === 0) return;
  for (let p = 0; p < k; p += BLOCK_K) {
    const block = min(k - p, BLOCK_K);
    for (let j = 0; j < n; j += width) {
      const panel = packed + bytes(k) * <usize>j + bytes(p) * <usize>width;
      if (width === 16) column16(c + bytes(j), strideC, a + bytes(p), strideA, panel, m, n - j, block);
      else column8(c + bytes(j), strideC, a + bytes(p), strideA, panel, m, n - j, block);
    }
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

/** A block of Aᵀ and one panel of B at a time are copied to scratch, where the micro-kernel finds them in its order. */
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
  const panel = scratchPanel();
  for (let i = 0; i < m; i += BLOCK_M) {
    const rows = min(m - i, BLOCK_M);
    for (let p = 0; p < k; p += BLOCK_K) {
      const block = min(k - p, BLOCK_K);
      transpose(transposed, bytes(STRIDE_A), a + <usize>p * strideA + bytes(i), strideA, block, rows);
      for (let j = 0; j < n; j += width) {
        const to = c + <usize>i * strideC + bytes(j);
        packPanel(panel, b + <usize>p * strideB + bytes(j), block, min(n - j, width), strideB, width);
        if (width === 16) column16(to, strideC, transposed, bytes(STRIDE_A), panel, rows, n - j, block);
        else column8(to, strideC, transposed, bytes(STRIDE_A), panel, rows, n - j, block);
      }
    }
  }
}

/** The columns of C that one panel of B gives, of which `columns` exist. */
function column16(
  c: usize,
  strideC: usize,
  a: usize,
  strideA: usize,
  panel: usize,
  m: i32,
  columns: i32,
  k: i32,
): void {
  const tiles = (m + TILE_ROWS - 1) / TILE_ROWS;
  for (let tile = tiles; tile > 0; tile--) {
    const rows = (m + tile - 1) / tile; // as even as can be: 25 = 5 × 5
    if (columns >= 16) {
      tile16(rows, c, strideC, a, strideA, panel, k);
    } else {
      const edge = scratchTile();
      copyTile(edge, 64, c, strideC, rows, columns);
      tile16(rows, edge, 64, a, strideA, panel, k);
      copyTile(c, strideC, edge, 64, rows, columns);
    }
    c += <usize>rows * strideC;
    a += <usize>rows * strideA;
    m -= rows;
  }
}

function column8(
  c: usize,
  strideC: usize,
  a: usize,
  strideA: usize,
  panel: usize,
  m: i32,
  columns: i32,
  k: i32,
): void {
  const tiles = (m + TILE_ROWS - 1) / TILE_ROWS;
  for (let tile = tiles; tile > 0; tile--) {
    const rows = (m + tile - 1) / tile;
    if (columns >= 8) {
      tile8(rows, c, strideC, a, strideA, panel, k);
    } else {
      const edge = scratchTile();
      copyTile(edge, 32, c, strideC, rows, columns);
      tile8(rows, edge, 32, a, strideA, panel, k);
      copyTile(c, strideC, edge, 32, rows, columns);
    }
    c += <usize>rows * strideC;
    a += <usize>rows * strideA;
    m -= rows;
  }
}

function copyTile(to: usize, strideTo: usize, from: usize, strideFrom: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i++, to += strideTo, from += strideFrom) {
    for (let j = 0; j < columns; j++) store<f32>(to + bytes(j), load<f32>(from + bytes(j)));
  }
}
