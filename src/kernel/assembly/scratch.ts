/**
 * Scratch memory: a block that belongs to this instance alone. All threads share one memory, static data included. Intermediate results
 * must therefore lie in a block that no other thread uses; `wasm.ts` hands this block over.
 */

/** `multiply` sums so many products at a time: a tile's rows of A then stay in the first-level cache. */
export const BLOCK_K: i32 = 512;
/** `multiply` takes so many numbers of B at a time: a quarter of a megabyte stays in the second-level cache. */
export const BLOCK_B: i32 = 65536;

/** `multiplyTransposed` takes blocks of both matrices at a time: rows that are summed over, rows of Aᵀ, and columns of B. Blocks
 * that are long along k load and store C less often; both blocks together stay in the second-level cache at 128 units. */
export const BLOCK_KT: i32 = 512;
export const BLOCK_M: i32 = 256;
export const BLOCK_N: i32 = 64;

/**
 * Bytes from row to row of the block of Aᵀ, and from panel to panel of the block of B. At a distance of a power of two, all rows
 * would compete for the same few cache lines.
 */
export const STRIDE_A: usize = 4 * (BLOCK_KT + 16);
export const STRIDE_PANEL: usize = 4 * (16 * BLOCK_KT + 16);

const TILE: i32 = 128;
const SETTINGS: i32 = 16;
const PANELS: i32 = (BLOCK_KT + 1) * BLOCK_N;
const TRANSPOSED: i32 = BLOCK_M * (BLOCK_KT + 16);

/** Numbers in a scratch block. The same constant stands in wasm.ts. */
export const SCRATCH_FLOATS: i32 = TILE + SETTINGS + PANELS + TRANSPOSED;

let start: usize = 0;

/** Says where the scratch block lies. To be called once, before any other function. */
export function setScratch(address: usize): void {
  start = address << 2;
}

/** Room for a tile of C that reaches beyond the edge of C, or for the last numbers of a span. */
@inline
export function scratchTile(): usize {
  return start;
}

/** Room for settings that a loop reads as vectors of equal numbers. */
@inline
export function scratchSettings(): usize {
  return start + (TILE << 2);
}

/** Room for a block of B in panels that lie `STRIDE_PANEL` apart. */
@inline
export function scratchPanels(): usize {
  return start + ((TILE + SETTINGS) << 2);
}

/** Room for a row of 32,768 numbers, the most that a layer has. The panels have more room than that, and no function needs both. */
@inline
export function scratchRow(): usize {
  return scratchPanels();
}

/** Room for a block of Aᵀ with row stride `STRIDE_A`. */
@inline
export function scratchTransposed(): usize {
  return start + ((TILE + SETTINGS + PANELS) << 2);
}
