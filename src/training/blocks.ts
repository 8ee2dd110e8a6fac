import { type Range, share, type Team } from '../kernel/team.ts';
import type { Manifest } from '../nn/manifest.ts';

/** Numbers of a block. A member's last block may have fewer. */
export const BLOCK_SIZE = 4096;

/**
 * Divides the flat buffer of parameters, and every buffer of the same layout, into blocks, member by member. A block belongs to one
 * thread. A sum over a buffer is the sum of its blocks' sums in their order. So no bit depends on the number of threads.
 */
export class Blocks {
  readonly members: number;
  /** The number of blocks of a member. */
  readonly perMember: number;
  readonly #memberSize: number;

  constructor({ config: { members }, size }: Manifest) {
    this.members = members;
    this.#memberSize = size / members;
    this.perMember = Math.ceil(this.#memberSize / BLOCK_SIZE);
  }

  /** The number of all blocks. */
  get count(): number {
    return this.members * this.perMember;
  }

  /** This thread's blocks. */
  share(team: Team): Range {
    return share(team, this.count);
  }

  /** This thread's numbers: the places of its blocks in the buffer. */
  elements(team: Team): Range {
    const { start, end } = this.share(team);
    return { start: this.#startOf(start), end: this.#startOf(end) };
  }

  /** The places of a block's numbers in the buffer. */
  range(block: number): Range {
    return { start: this.#startOf(block), end: this.#startOf(block + 1) };
  }

  /** The places of a member's numbers in the buffer. */
  ofMember(member: number): Range {
    return { start: member * this.#memberSize, end: (member + 1) * this.#memberSize };
  }

  /** The place where a block begins. For the block after the last, this is the end of the buffer. */
  #startOf(block: number): number {
    const member = Math.floor(block / this.perMember);
    return member * this.#memberSize + (block % this.perMember) * BLOCK_SIZE;
  }
}
