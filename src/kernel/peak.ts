import { Arena } from './arena.ts';
import type { KernelChoice } from './choose.ts';
import type { Address, Kernels } from './contract.ts';
import { Engine } from './engine.ts';
import * as program from './peak.ts';
import type { Program } from './pool.ts';
import type { Team } from './team.ts';

/** The compiled form of this module, which workers import. */
const PROGRAM = new URL('../../dist/kernel/peak.js', import.meta.url).href;

/** C += A·B for C of m × n and A of m × k. The product fills every tile, and its matrices stay in a core's own caches. */
const PRODUCT = { m: 48, n: 128, k: 256 };

/** Products in one command. They take a few milliseconds, so the time that it takes to start a command does not count. */
const CALLS = 100;

/** The operands of one thread. */
type Operands = readonly [c: Address, a: Address, packed: Address];

/**
 * The speed of the bare matrix kernel on this machine, in GFLOPS. Training cannot be faster.
 *
 * @param seconds how long to measure; the fastest command in that time counts
 */
export async function measurePeak(choice: KernelChoice, threads: number, seconds: number): Promise<number> {
  const arena = new Arena();
  const config = Array.from({ length: threads }, () => operands(arena));
  const engine = await Engine.start({ choice, threads, program, url: PROGRAM, config }, arena);
  // The operating system gives memory its own pages only when it is written to, so unwritten memory gives wrong times.
  engine.kernels.floats.fill(1e-3, config[0]?.[0]);
  const end = performance.now() + 1000 * seconds;
  let best = Number.POSITIVE_INFINITY;
  while (performance.now() < end) {
    const start = performance.now();
    engine.run(0);
    best = Math.min(best, performance.now() - start);
  }
  await engine.close();
  const { m, n, k } = PRODUCT;
  return (2 * m * n * k * CALLS * engine.threads) / best / 1e6;
}

/** A program in which every thread multiplies its own operands. */
export function createProgram(config: readonly Operands[], k: Kernels, team: Team): Program {
  const [c, a, packed] = config[team.rank]!;
  const { m, n, k: depth } = PRODUCT;
  return () => {
    for (let call = 0; call < CALLS; call++) k.multiply(c, c, a, packed, m, n, depth, n, n, depth);
    team.barrier();
  };
}

function operands(arena: Arena): Operands {
  const { m, n, k } = PRODUCT;
  return [arena.float(m * n), arena.float(m * k), arena.float(k * n)];
}
