/**
 * A block of memory that belongs to this instance alone. The memory is shared by all threads, static data included, so
 * that anything written between two calls must lie in a block of the thread's own; `wasm.ts` hands it over.
 */

/** Summed rows that `multiply` takes at a time: a tile's rows of A then stay in the nearest cache. */
export const BLOCK_K: i32 = 512;
/** Numbers of B that `multiply` takes at a time: a quarter of a megabyte stays in the second cache. */
export const BLOCK_B: i32 = 65536;

/** The same for `multiplyTransposed`, which holds blocks of Aᵀ and B both: summed rows, rows of Aᵀ, columns of B. */
export const BLOCK_KT: i32 = 256;
export const BLOCK_M: i32 = 512;
export const BLOCK_N: i32 = 128;

/** Bytes between rows of the block of Aᵀ and between panels of B: a power of two would share few lines of a cache. */
export const STRIDE_A: usize = 4 * (BLOCK_KT + 16);
export const STRIDE_PANEL: usize = 4 * (16 * BLOCK_KT + 16);

const TILE: i32 = 128;
const SETTINGS: i32 = 16;
const PANELS: i32 = (BLOCK_KT + 1) * BLOCK_N;
const TRANSPOSED: i32 = BLOCK_M * (BLOCK_KT + 16);

/** Numbers in a scratch block; the same constant stands in wasm.ts. */
export const SCRATCH_FLOATS: i32 = TILE + SETTINGS + PANELS + TRANSPOSED;

let start: usize = 0;

/** Once, before anything else is called. */
export function setScratch(address: usize): void {
  start = address << 2;
}

/** A tile of C, where the tile reaches over the edge of C. */
@inline
export function scratchTile(): usize {
  return start;
}

/** Numbers that a loop reads as vector constants. */
@inline
export function scratchSettings(): usize {
  return start + (TILE << 2);
}

/** A block of B in panels, `STRIDE_PANEL` apart. */
@inline
export function scratchPanels(): usize {
  return start + ((TILE + SETTINGS) << 2);
}

/** A block of Aᵀ, with row stride `STRIDE_A`. */
@inline
export function scratchTransposed(): usize {
  return start + ((TILE + SETTINGS + PANELS) << 2);
}
