import { bytes } from './lanes';

/**
 * The layout of a packed k × n matrix: panels of `width` columns, one after another; in a panel, k rows of `width` numbers.
 * A product then reads it from front to back. The last panel is filled up with zeros.
 */

/** packed ← B for B of k × n with row stride `stride`. */
@inline
export function packPanels(packed: usize, b: usize, k: i32, n: i32, stride: i32, width: i32): void {
  for (let j = 0; j < n; j += width) {
    packPanel(packed, b + bytes(j), k, min(n - j, width), bytes(stride), width);
    packed += bytes(width) * <usize>k;
  }
}

/** One panel of `columns` ≤ `width` columns. Stride in bytes. */
@inline
export function packPanel(panel: usize, b: usize, k: i32, columns: i32, stride: usize, width: i32): void {
  if (columns === width) {
    for (; k > 0; k--, b += stride, panel += bytes(width)) {
      v128.store(panel, v128.load(b));
      v128.store(panel, v128.load(b, 16), 16);
      if (width === 16) {
        v128.store(panel, v128.load(b, 32), 32);
        v128.store(panel, v128.load(b, 48), 48);
      }
    }
    return;
  }
  for (; k > 0; k--, b += stride) {
    for (let j = 0; j < width; j++, panel += 4) store<f32>(panel, j < columns ? load<f32>(b + bytes(j)) : 0);
  }
}

/** packed ← Bᵀ for B of n × k with row stride `stride`. */
@inline
export function packPanelsTransposed(packed: usize, b: usize, k: i32, n: i32, stride: i32, width: i32): void {
  for (let j = 0; j < n; j += width) {
    const columns = min(n - j, width);
    if (columns < width) memory.fill(packed, 0, bytes(width) * <usize>k);
    transpose(packed, bytes(width), b + <usize>j * bytes(stride), bytes(stride), columns, k);
    packed += bytes(width) * <usize>k;
  }
}

/**
 * out[j][i] ← in[i][j] for `in` of rows × columns. Strides in bytes. In blocks of 16 rows × 4 columns, so that whole
 * lines of the cache are written where rows of `out` are short, and read where they are long.
 */
export function transpose(
  out: usize,
  strideOut: usize,
  from: usize,
  strideIn: usize,
  rows: i32,
  columns: i32,
): void {
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
