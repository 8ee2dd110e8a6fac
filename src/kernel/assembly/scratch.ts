/**
 * A block of memory that belongs to this instance alone. The memory is shared by all threads, static data included, so
 * that anything written between two calls must lie in a block of the thread's own; `wasm.ts` hands it over.
 */

/** Rows of the summed index that the products handle at a time: a panel of B stays in the cache nearest the core. */
export const BLOCK_K: i32 = 512;
/** Rows of Aᵀ that `multiplyTransposed` holds at a time: a block of them stays in the second cache. */
export const BLOCK_M: i32 = 256;
/** Row stride of that block: rows a power of two apart would share few lines of the cache. */
export const STRIDE_A: i32 = BLOCK_K + 16;

const TILE: i32 = 128;
const SETTINGS: i32 = 16;
const PANEL: i32 = BLOCK_K * 16;
const TRANSPOSED: i32 = BLOCK_M * STRIDE_A;

/** Numbers in a scratch block; the same constant stands in wasm.ts. */
export const SCRATCH_FLOATS: i32 = TILE + SETTINGS + PANEL + TRANSPOSED;

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

/** A panel of B. */
@inline
export function scratchPanel(): usize {
  return start + ((TILE + SETTINGS) << 2);
}

/** A block of Aᵀ, with row stride `STRIDE_A`. */
@inline
export function scratchTransposed(): usize {
  return start + ((TILE + SETTINGS + PANEL) << 2);
}
