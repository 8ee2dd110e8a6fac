import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Range, Team } from '../kernel/team.ts';
import type { Parameters } from '../nn/model.ts';
import { BLOCK_SIZE, type Blocks } from './blocks.ts';

/**
 * ‖Δθ‖ / ‖θ‖ of an update, where θ is all parameters before the update, and Δθ the change. The parameters are updated block by block, so
 * only one block of the old ones has to be kept.
 */
export class UpdateRatio {
  /** The addresses of two sums for each block: of the squares of Δθ, and of the squares of θ. */
  readonly #changes: Address;
  readonly #sizes: Address;
  readonly #parameters: Parameters;
  readonly #blocks: Blocks;
  /** θ of the block that is updated. */
  readonly #before = new Float64Array(BLOCK_SIZE);

  constructor(arena: Arena, parameters: Parameters, blocks: Blocks) {
    this.#parameters = parameters;
    this.#blocks = blocks;
    this.#changes = arena.float(blocks.count);
    this.#sizes = arena.float(blocks.count);
  }

  /** Calls `update` for each of this thread's blocks, and sums what it changes. */
  measure({ floats }: Kernels, team: Team, update: (block: Range) => void): void {
    const own = this.#blocks.share(team);
    for (let block = own.start; block < own.end; block++) {
      const range = this.#blocks.range(block);
      const now = floats.subarray(this.#parameters.values + range.start, this.#parameters.values + range.end);
      this.#before.set(now);
      update(range);
      let [change, size] = [0, 0];
      for (let j = 0; j < now.length; j++) {
        const before = this.#before[j]!;
        change += (now[j]! - before) ** 2;
        size += before ** 2;
      }
      floats[this.#changes + block] = change;
      floats[this.#sizes + block] = size;
    }
  }

  /** The ratio of the last update that was measured. Every thread must have measured its blocks before. */
  value({ floats }: Kernels): number {
    let [change, size] = [0, 0];
    for (let block = 0; block < this.#blocks.count; block++) {
      change += floats[this.#changes + block]!;
      size += floats[this.#sizes + block]!;
    }
    return size > 0 ? Math.sqrt(change / size) : 0;
  }
}
