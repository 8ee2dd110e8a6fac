import { Arena } from './arena.ts';
import type { KernelChoice } from './choose.ts';
import type { Address, Kernels } from './contract.ts';
import { Engine } from './engine.ts';
import * as program from './peak.ts';
import type { Program } from './program.ts';
import type { Team } from './team.ts';

/** What the workers import: a file of dist/. */
const PEAK = 'kernel/peak.js';

/** A product that stays in a core's own caches and fills every tile: C += A·B for C of m × n, A of m × k. */
const PRODUCT = { m: 48, n: 128, k: 256 };

/** Products in one call. They take a few milliseconds, so the cost of starting a call does not show. */
const PRODUCTS = 100;

/** Every thread multiplies its own operands. */
export const CALLS = { multiply: { inputs: [], outputs: [] } } as const;

/** Operands of one thread. */
type Operands = readonly [c: Address, a: Address, packed: Address];

/**
 * The speed of the bare matrix kernel on this machine, in GFLOPS: the most that training can reach.
 *
 * @param seconds how long to measure; the fastest of the calls made in that time counts
 */
export async function measurePeak(choice: KernelChoice, threads: number, seconds: number): Promise<number> {
  const arena = new Arena();
  const config = Array.from({ length: threads }, () => operands(arena));
  const engine = await Engine.start({ choice, threads, program, file: PEAK, config }, arena);
  // Memory that nobody has written to is one page seen everywhere, which is slow.
  engine.kernels.floats.fill(1e-3, config[0]?.[0]);
  const end = performance.now() + 1000 * seconds;
  let best = Number.POSITIVE_INFINITY;
  while (performance.now() < end) {
    const start = performance.now();
    await engine.call('multiply', {});
    best = Math.min(best, performance.now() - start);
  }
  await engine.close();
  const { m, n, k } = PRODUCT;
  return (2 * m * n * k * PRODUCTS * engine.threads) / best / 1e6;
}

export function createProgram(config: readonly Operands[], k: Kernels, team: Team): Program<typeof CALLS> {
  const [c, a, packed] = config[team.rank]!;
  const { m, n, k: depth } = PRODUCT;
  return {
    multiply: () => {
      for (let product = 0; product < PRODUCTS; product++) k.multiply(c, c, a, packed, m, n, depth, n, n, depth);
      team.barrier();
    },
  };
}

function operands(arena: Arena): Operands {
  const { m, n, k } = PRODUCT;
  return [arena.float(m * n), arena.float(m * k), arena.float(k * n)];
}
