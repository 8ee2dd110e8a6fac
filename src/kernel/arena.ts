import type { Address } from './contract.ts';

/** Left free at the start of every memory: the WebAssembly module keeps its constants there, and no operand has address 0. */
const RESERVED_BYTES = 65_536;

/** Every block starts on a cache line, so that threads that own neighbouring blocks don't write to the same one. */
const ALIGNMENT_BYTES = 64;

/**
 * Hands out addresses, and owns no memory itself. What is to live in a memory is planned first, then a
 * memory of `bytes` is made; every thread that plans the same things gets the same addresses.
 */
export class Arena {
  readonly #bytesPerFloat: 4 | 8;
  #end = RESERVED_BYTES;

  constructor(bytesPerFloat: 4 | 8 = 4) {
    this.#bytesPerFloat = bytesPerFloat;
  }

  /** Bytes needed for all that was planned. */
  get bytes(): number {
    return this.#end;
  }

  /** A block of `count` numbers; its address counts floats. */
  float(count: number): Address {
    return this.#block(count, this.#bytesPerFloat);
  }

  /** A block of `count` 32-bit integers; its address counts integers. */
  int(count: number): Address {
    return this.#block(count, 4);
  }

  #block(count: number, size: number): Address {
    const start = this.#end;
    this.#end += Math.ceil((count * size) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    return start / size;
  }
}
