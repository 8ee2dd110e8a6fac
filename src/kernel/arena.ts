import type { Address } from './contract.ts';

/** Left free at the start of every memory: the WebAssembly module keeps its constants there, and no operand has address 0. */
export const RESERVED_BYTES = 65_536;

/** Every block starts on a cache line of its own, so that threads that own neighbouring blocks never write to the same line. */
const ALIGNMENT_BYTES = 64;

/** Bytes of a memory, from `start` to before `end`. */
export interface Block {
  readonly start: number;
  readonly end: number;
}

/**
 * Hands out addresses of blocks. An arena owns no memory: the program first plans all blocks, then makes a memory of `bytes` bytes. A
 * thread that plans the same blocks in the same order gets the same addresses.
 */
export class Arena {
  readonly #bytesPerFloat: 4 | 8;
  /** In ascending order. */
  readonly #blocks: Block[] = [];
  readonly #parts: Block[] = [];
  #end = RESERVED_BYTES;

  constructor(bytesPerFloat: 4 | 8 = 4) {
    this.#bytesPerFloat = bytesPerFloat;
  }

  /** Bytes that all planned blocks need. */
  get bytes(): number {
    return this.#end;
  }

  /** A block of `count` numbers; its address counts floats. */
  float(count: number): Address {
    return this.#plan(count, this.#bytesPerFloat);
  }

  /** A block of `count` 32-bit integers; its address counts integers. */
  int(count: number): Address {
    return this.#plan(count, 4);
  }

  /**
   * Says that tensors of these sizes follow each other from `address` on. `checkedKernels` then sees to it that only functions that
   * treat memory as a plain list of numbers, such as updates, run on from one tensor into the next.
   */
  divide(address: Address, sizes: readonly number[]): void {
    let start = address * this.#bytesPerFloat;
    for (const size of sizes) {
      const end = start + size * this.#bytesPerFloat;
      if (size > 0) this.#parts.push({ start, end });
      start = end;
    }
    this.#parts.sort((a, b) => a.start - b.start);
  }

  /** The block that holds the byte; undefined where no block does. */
  blockAt(byte: number): Block | undefined {
    return find(this.#blocks, byte);
  }

  /** The tensor that holds the byte, where `divide` has told of one; else the block. */
  tensorAt(byte: number): Block | undefined {
    return find(this.#parts, byte) ?? this.blockAt(byte);
  }

  #plan(count: number, size: number): Address {
    const start = this.#end;
    this.#end += Math.ceil((count * size) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    if (count > 0) this.#blocks.push({ start, end: start + count * size });
    return start / size;
  }
}

/** The one of some blocks, sorted by their starts, that holds the byte. */
function find(blocks: readonly Block[], byte: number): Block | undefined {
  let [low, high] = [0, blocks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blocks[middle]!.end <= byte) low = middle + 1;
    else high = middle;
  }
  const block = blocks[low];
  return block && block.start <= byte ? block : undefined;
}
