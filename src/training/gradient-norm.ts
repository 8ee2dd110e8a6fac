import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Team } from '../kernel/team.ts';
import type { Parameters } from '../nn/model.ts';
import type { Blocks } from './blocks.ts';

/** ‖g‖ of each member's gradient. */
export class GradientNorm {
  /** The blocks' sums of squares. */
  readonly #sums: Address;
  readonly #parameters: Parameters;
  readonly #blocks: Blocks;

  constructor(arena: Arena, parameters: Parameters, blocks: Blocks) {
    this.#parameters = parameters;
    this.#blocks = blocks;
    this.#sums = arena.float(blocks.members * blocks.perMember);
  }

  /** Sums the squares of a thread's blocks. */
  addSquares(k: Kernels, team: Team): void {
    const { start, end } = this.#blocks.share(team);
    for (let block = start; block < end; block++) {
      const first = this.#blocks.startOf(block);
      const count = this.#blocks.startOf(block + 1) - first;
      k.floats[this.#sums + block] = k.sumOfSquares(this.#parameters.gradients + first, count);
    }
  }

  /** ‖g‖ of a member; needs all of `addSquares`. */
  ofMember(member: number, { floats }: Kernels): number {
    const { perMember } = this.#blocks;
    const first = this.#sums + member * perMember;
    let sum = 0;
    for (let at = first; at < first + perMember; at++) sum += floats[at]!;
    return Math.sqrt(sum);
  }
}
