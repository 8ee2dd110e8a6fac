import { UserError } from '../errors.ts';
import { Arena } from './arena.ts';
import type { Address, KernelName, Kernels } from './contract.ts';
import { referenceKernels } from './reference.ts';
import { createSharedMemory, load, SCRATCH_FLOATS, wasmKernels } from './wasm.ts';

/** The kernel to use, its module where it is WebAssembly, and why it is this one, in words. */
export interface KernelChoice {
  readonly name: KernelName;
  readonly module?: WebAssembly.Module;
  readonly reason: string;
}

type WasmName = Exclude<KernelName, 'js'>;

/**
 * The kernel asked for, or for 'auto' the fastest that computes right here: of the two WebAssembly tiles the faster in a
 * measurement of a millisecond, or plain JavaScript. V8's flags that the fast tile rests on are experimental, so
 * what is chosen is first compared with the reference. The two tiles agree to the bit: the choice can't change a result.
 *
 * Throws a UserError where the kernel asked for by name can't be had.
 */
export function chooseKernel(requested: KernelName | 'auto'): KernelChoice {
  if (requested === 'js') return { name: 'js', reason: 'asked for' };
  const { module, reason } = load();
  if (!module) {
    if (requested === 'auto') return { name: 'js', reason: reason ?? '' };
    throw new UserError(`kernel ${requested} is not available: ${reason}`);
  }
  const trial = new Trial(module);
  if (requested !== 'auto') {
    if (trial.isRight(requested)) return { name: requested, module, reason: 'asked for' };
    throw new UserError(`kernel ${requested} is not available: it computes wrongly on Node ${process.version}`);
  }
  return trial.choose();
}

// One small step of each kind: the shapes leave remainders of rows, columns and vectors.
const M = 11;
const N = 19;
const K = 13;
const ROWS = 2;
const HIDDEN = 13;

const TOLERANCE = 1e-5;

/** A shape that fills every tile, and the repetitions that make some 40 µs of it. */
const TIMED = { m: 30, n: 64, k: 64, calls: 12, rounds: 9 };

/** Both tiles over a small memory of their own, beside the reference over a copy of it. */
class Trial {
  readonly #module: WebAssembly.Module;
  readonly #memory: WebAssembly.Memory;
  readonly #scratch: Address;
  readonly #blocks: Address[];

  constructor(module: WebAssembly.Module) {
    const arena = new Arena();
    this.#scratch = arena.float(SCRATCH_FLOATS);
    this.#blocks = Array.from({ length: 6 }, () => arena.float(TIMED.k * TIMED.n));
    this.#module = module;
    this.#memory = createSharedMemory(arena.bytes);
  }

  choose(): KernelChoice {
    const module = this.#module;
    const [wide, narrow] = this.#measure();
    const speeds = (fast: number, slow: number) => `${fast.toFixed(0)} against ${slow.toFixed(0)} GFLOPS`;
    const isWide = wide > narrow;
    if (isWide && this.isRight('wasm256')) {
      return { name: 'wasm256', module, reason: `6 × 16 tiles are faster than 6 × 8: ${speeds(wide, narrow)}` };
    }
    if (this.isRight('wasm128')) {
      const why = isWide ? '6 × 16 tiles compute wrongly here' : 'no faster with 6 × 16 tiles';
      return { name: 'wasm128', module, reason: `${why}: ${speeds(narrow, wide)}` };
    }
    return { name: 'js', reason: `the WebAssembly kernels compute wrongly on Node ${process.version}` };
  }

  /** Whether products and gates come out as the reference has them. */
  isRight(name: WasmName): boolean {
    const kernels = this.#kernels(name);
    const [c, a, b, packed] = this.#blocks as [Address, Address, Address, Address];
    for (let i = c; i < kernels.floats.length; i++) kernels.floats[i] = ((i * 7919) % 2003) / 500 - 2; // in ±2
    const oracle = referenceKernels({ floats: kernels.floats.slice(), ints: new Int32Array(0) });
    for (const each of [kernels, oracle]) {
      each.pack(packed, b, K, N, N);
      each.multiply(c, b, a, packed, M, N, K, N, 0, K);
      each.multiplyTransposed(c + M * N, a, b, M, N, K, N, M, N);
      const [h, cell, cellTanh, gates, previous] = this.#blocks as [Address, Address, Address, Address, Address];
      const offset = 2 * M * N;
      each.lstmForward(h + offset, cell + offset, cellTanh + offset, gates + offset, previous, ROWS, HIDDEN);
    }
    return this.#blocks.every((block) => block === packed || this.#agree(kernels, oracle, block));
  }

  #agree(kernels: Kernels, oracle: Kernels, block: Address): boolean {
    for (let i = block; i < block + TIMED.k * TIMED.n; i++) {
      const [x, expected] = [kernels.floats[i]!, oracle.floats[i]!];
      if (!(Math.abs(x - expected) <= TOLERANCE * Math.max(1, Math.abs(expected)))) return false;
    }
    return true;
  }

  /** GFLOPS of the wide and of the narrow tile, the best of several rounds in turn. */
  #measure(): [wide: number, narrow: number] {
    const candidates = [this.#kernels('wasm256'), this.#kernels('wasm128')];
    const best = candidates.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < TIMED.rounds; round++) {
      candidates.forEach((kernels, i) => {
        best[i] = Math.min(best[i]!, this.#time(kernels));
      });
    }
    const flops = 2 * TIMED.m * TIMED.n * TIMED.k * TIMED.calls;
    return [flops / best[0]! / 1e6, flops / best[1]! / 1e6];
  }

  #time(kernels: Kernels): number {
    const { m, n, k, calls } = TIMED;
    const [c, a, , packed] = this.#blocks as [Address, Address, Address, Address];
    const start = performance.now();
    for (let call = 0; call < calls; call++) kernels.multiply(c, c, a, packed, m, n, k, n, n, k);
    return performance.now() - start;
  }

  #kernels(name: WasmName): Kernels {
    return wasmKernels(name, this.#module, this.#memory, this.#scratch);
  }
}
