import { type Range, share, type Team } from '../kernel/team.ts';
import type { Manifest } from '../nn/manifest.ts';

/** Numbers of a block; a member's last may be short. */
const SIZE = 4096;

/**
 * The flat buffer of parameters, and all of its make, in blocks, member by member: threads share them out whole, and sums over a
 * buffer are sums of its blocks in order, so that no bit depends on threads.
 */
export class Blocks {
  readonly members: number;
  /** Blocks of one member. */
  readonly perMember: number;
  readonly #memberSize: number;

  constructor({ config: { members }, size }: Manifest) {
    this.members = members;
    this.#memberSize = size / members;
    this.perMember = Math.ceil(this.#memberSize / SIZE);
  }

  /** The blocks of a thread. */
  share(team: Team): Range {
    return share(team, this.members * this.perMember);
  }

  /** The numbers of a thread. */
  elements(team: Team): Range {
    const { start, end } = this.share(team);
    return { start: this.startOf(start), end: this.startOf(end) };
  }

  /** The numbers of a member. */
  ofMember(member: number): Range {
    return { start: member * this.#memberSize, end: (member + 1) * this.#memberSize };
  }

  /** Where a block begins; the one after the last, where the buffer ends. */
  startOf(block: number): number {
    const member = Math.floor(block / this.perMember);
    return member * this.#memberSize + (block % this.perMember) * SIZE;
  }
}
