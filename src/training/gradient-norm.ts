import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import { type Range, share, type Team } from '../kernel/team.ts';
import type { Parameters } from '../nn/parameters.ts';

/** Numbers whose squares are summed by one thread in one go. Blocks are added up in order, by every thread alike. */
const BLOCK = 4096;

/**
 * ‖g‖ of each member's gradient: a sum over fixed blocks in a fixed order, so that no bit depends on threads. It also divides the flat
 * buffers among threads, in whole blocks.
 */
export class GradientNorm {
  /** Sums of squares of the blocks, member by member. */
  readonly #sums: Address;
  readonly #parameters: Parameters;
  readonly #members: number;
  /** Numbers of a member, and blocks of it: the last may be short. */
  readonly #size: number;
  readonly #blocks: number;

  constructor(arena: Arena, parameters: Parameters) {
    const { manifest } = parameters;
    this.#parameters = parameters;
    this.#members = manifest.config.members;
    this.#size = manifest.size / this.#members;
    this.#blocks = Math.ceil(this.#size / BLOCK);
    this.#sums = arena.float(this.#members * this.#blocks);
  }

  /** A thread's share of the flat buffers. */
  elements(team: Team): Range {
    const { start, end } = this.#share(team);
    return { start: this.#place(start), end: this.#place(end) };
  }

  /** Sums the squares of a thread's share. */
  addSquares(k: Kernels, team: Team): void {
    const { start, end } = this.#share(team);
    for (let block = start; block < end; block++) {
      const first = this.#place(block);
      k.floats[this.#sums + block] = k.sumOfSquares(this.#parameters.gradients + first, this.#place(block + 1) - first);
    }
  }

  /** ‖g‖ of a member; needs all of `addSquares`. */
  of(member: number, { floats }: Kernels): number {
    const first = this.#sums + member * this.#blocks;
    let sum = 0;
    for (let at = first; at < first + this.#blocks; at++) sum += floats[at]!;
    return Math.sqrt(sum);
  }

  /** Where a member's numbers are in the flat buffers. */
  range(member: number): Range {
    return { start: member * this.#size, end: (member + 1) * this.#size };
  }

  #share(team: Team): Range {
    return share(team, this.#members * this.#blocks);
  }

  /** Where a block begins. */
  #place(block: number): number {
    const member = Math.floor(block / this.#blocks);
    return member * this.#size + (block - member * this.#blocks) * BLOCK;
  }
}
