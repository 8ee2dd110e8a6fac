import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Team } from '../kernel/team.ts';
import type { Parameters } from '../nn/model.ts';
import type { Blocks } from './blocks.ts';

/** The norm ‖g‖ of each member's gradient. */
export class GradientNorm {
  /** The address of a sum of squares for each block. */
  readonly #sums: Address;
  readonly #parameters: Parameters;
  readonly #blocks: Blocks;

  constructor(arena: Arena, parameters: Parameters, blocks: Blocks) {
    this.#parameters = parameters;
    this.#blocks = blocks;
    this.#sums = arena.float(blocks.count);
  }

  /** Sums the squares of this thread's blocks. */
  addSquares(k: Kernels, team: Team): void {
    const own = this.#blocks.share(team);
    for (let block = own.start; block < own.end; block++) {
      const { start, end } = this.#blocks.range(block);
      k.floats[this.#sums + block] = k.sumOfSquares(this.#parameters.gradients + start, end - start);
    }
  }

  /** ‖g‖ of a member. Every thread must have called `addSquares` before. */
  ofMember(member: number, { floats }: Kernels): number {
    const { perMember } = this.#blocks;
    const first = this.#sums + member * perMember;
    let sum = 0;
    for (let at = first; at < first + perMember; at++) sum += floats[at]!;
    return Math.sqrt(sum);
  }
}
