import { bytes } from './lanes';

/**
 * The layout of a packed k × n matrix: panels of 16 columns, one after another. A panel has k rows of 16 numbers; zeros fill the last
 * panel up. A product reads a packed matrix from front to back.
 */

/** Columns of a panel. */
export const PANEL: i32 = 16;

/** packed ← B for B of k × n with row stride `stride`. */
export function pack(packed: usize, b: usize, k: i32, n: i32, stride: i32): void {
  packed <<= 2;
  b <<= 2;
  const stridePanel = bytes(PANEL) * <usize>k;
  for (let j = 0; j < n; j += 64) {
    packBlock(packed + <usize>(j / PANEL) * stridePanel, stridePanel, b + bytes(j), k, min(n - j, 64), bytes(stride));
  }
}

/** Copies B of k × n into panels that lie `stridePanel` apart. Goes row by row, the order in which B lies. Strides in bytes. */
@inline
export function packBlock(panels: usize, stridePanel: usize, b: usize, k: i32, n: i32, stride: usize): void {
  for (; k > 0; k--, b += stride, panels += bytes(PANEL)) {
    let to = panels;
    let from = b;
    let left = n;
    for (; left >= PANEL; left -= PANEL, from += bytes(PANEL), to += stridePanel) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      v128.store(to, v128.load(from, 32), 32);
      v128.store(to, v128.load(from, 48), 48);
    }
    if (left > 0) {
      for (let j = 0; j < PANEL; j++) store<f32>(to + bytes(j), j < left ? load<f32>(from + bytes(j)) : 0);
    }
  }
}

/** packed ← Bᵀ for B of n × k with row stride `stride`. */
export function packTransposed(packed: usize, b: usize, k: i32, n: i32, stride: i32): void {
  packed <<= 2;
  b <<= 2;
  for (let j = 0; j < n; j += PANEL) {
    const columns = min(n - j, PANEL);
    if (columns < PANEL) memory.fill(packed, 0, bytes(PANEL) * <usize>k);
    transpose(packed, bytes(PANEL), b + <usize>j * bytes(stride), bytes(stride), columns, k);
    packed += bytes(PANEL) * <usize>k;
  }
}

/**
 * out[j][i] ← from[i][j] for `from` of rows × columns. Strides in bytes. Goes in blocks of 4 rows × 16 columns: a row of a block is a
 * whole cache line of `from`.
 */
export function transpose(out: usize, strideOut: usize, from: usize, strideIn: usize, rows: i32, columns: i32): void {
  for (; columns >= 16; columns -= 16, from += 64, out += 16 * strideOut) {
    let at = from;
    let to = out;
    let i = rows;
    for (; i >= 4; i -= 4, at += 4 * strideIn, to += 16) {
      transpose4(to, strideOut, at, strideIn);
      transpose4(to + 4 * strideOut, strideOut, at + 16, strideIn);
      transpose4(to + 8 * strideOut, strideOut, at + 32, strideIn);
      transpose4(to + 12 * strideOut, strideOut, at + 48, strideIn);
    }
    transposePlain(to, strideOut, at, strideIn, i, 16);
  }
  for (; columns >= 4; columns -= 4, from += 16, out += 4 * strideOut) {
    let at = from;
    let to = out;
    let i = rows;
    for (; i >= 4; i -= 4, at += 4 * strideIn, to += 16) transpose4(to, strideOut, at, strideIn);
    transposePlain(to, strideOut, at, strideIn, i, 4);
  }
  transposePlain(out, strideOut, from, strideIn, rows, columns);
}

@inline
function transpose4(out: usize, strideOut: usize, from: usize, strideIn: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + strideIn);
  const r2 = v128.load(from + 2 * strideIn);
  const r3 = v128.load(from + 3 * strideIn);
  const low01 = f32x4.shuffle(r0, r1, 0, 4, 1, 5);
  const low23 = f32x4.shuffle(r2, r3, 0, 4, 1, 5);
  const high01 = f32x4.shuffle(r0, r1, 2, 6, 3, 7);
  const high23 = f32x4.shuffle(r2, r3, 2, 6, 3, 7);
  v128.store(out, f32x4.shuffle(low01, low23, 0, 1, 4, 5));
  v128.store(out + strideOut, f32x4.shuffle(low01, low23, 2, 3, 6, 7));
  v128.store(out + 2 * strideOut, f32x4.shuffle(high01, high23, 0, 1, 4, 5));
  v128.store(out + 3 * strideOut, f32x4.shuffle(high01, high23, 2, 3, 6, 7));
}

function transposePlain(out: usize, strideOut: usize, from: usize, strideIn: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      store<f32>(out + <usize>j * strideOut + bytes(i), load<f32>(from + <usize>i * strideIn + bytes(j)));
    }
  }
}
