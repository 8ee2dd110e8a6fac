import { bytes } from './lanes';
import { PANEL } from './pack';
import { scratchTile } from './scratch';
import { thin1, thin2 } from './thin';
import { tile8 } from './tile8';
import { tile16 } from './tile16';

/** Rows of the largest tile. */
const TILE_ROWS: i32 = 6;

/**
 * C ← S + A·B for B of some panels, by tiles of `width` columns (16 or 8); S may be C. Strides in bytes.
 *
 * The loop over panels is inside the loop over rows. A tile's rows of A then stay in the first-level cache, while panels come from the
 * second-level cache. C is written along its rows, a pattern that the processor's prefetcher recognises.
 */
@inline
export function block(
  c: usize,
  strideC: usize,
  s: usize,
  strideS: usize,
  a: usize,
  strideA: usize,
  panels: usize,
  stridePanel: usize,
  m: i32,
  n: i32,
  k: i32,
  width: i32,
): void {
  for (let tiles = (m + TILE_ROWS - 1) / TILE_ROWS; tiles > 0; tiles--) {
    const rows = (m + tiles - 1) / tiles; // tiles of even height: 25 = 5 × 5, not 4 × 6 + 1
    let to = c;
    let from = s;
    let panel = panels;
    let columns = n;
    if (rows === 1 || (rows === 2 && width === 16)) {
      for (; columns >= 2 * PANEL; columns -= 2 * PANEL, to += bytes(2 * PANEL), from += bytes(2 * PANEL), panel += 2 * stridePanel) {
        if (rows === 1) thin1(to, from, a, panel, stridePanel, k);
        else thin2(to, strideC, from, strideS, a, strideA, panel, stridePanel, k);
      }
    }
    for (; columns >= PANEL; columns -= PANEL, to += bytes(PANEL), from += bytes(PANEL), panel += stridePanel) {
      onePanel(rows, to, strideC, from, strideS, a, strideA, panel, k, width);
    }
    if (columns > 0) {
      const edge = scratchTile();
      copyTile(edge, bytes(PANEL), from, strideS, rows, columns);
      if (columns <= 8) tile8(rows, edge, bytes(PANEL), edge, bytes(PANEL), a, strideA, panel, k);
      else onePanel(rows, edge, bytes(PANEL), edge, bytes(PANEL), a, strideA, panel, k, width);
      copyTile(to, strideC, edge, bytes(PANEL), rows, columns);
    }
    c += <usize>rows * strideC;
    s += <usize>rows * strideS;
    a += <usize>rows * strideA;
    m -= rows;
  }
}

@inline
function onePanel(
  rows: i32,
  c: usize,
  strideC: usize,
  s: usize,
  strideS: usize,
  a: usize,
  strideA: usize,
  panel: usize,
  k: i32,
  width: i32,
): void {
  if (width === 16 || rows <= 2) {
    tile16(rows, c, strideC, s, strideS, a, strideA, panel, k);
  } else {
    tile8(rows, c, strideC, s, strideS, a, strideA, panel, k);
    tile8(rows, c + bytes(8), strideC, s + bytes(8), strideS, a, strideA, panel + bytes(8), k);
  }
}

function copyTile(to: usize, strideTo: usize, from: usize, strideFrom: usize, rows: i32, columns: i32): void {
  for (let i = 0; i < rows; i++, to += strideTo, from += strideFrom) {
    for (let j = 0; j < columns; j++) store<f32>(to + bytes(j), load<f32>(from + bytes(j)));
  }
}
