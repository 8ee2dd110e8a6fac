import { HOW_TO_BUILD, SHARES_MEMORY } from '#host/kernels';
import type {
  AdagradSettings,
  AdamSettings,
  Address,
  KernelFunctions,
  Kernels,
  RmsPropSettings,
  SgdSettings,
} from './contract.ts';
import { power } from './power.ts';

/** Numbers in the scratch block that each thread gives its kernels. The same constant stands in assembly/scratch.ts. */
export const SCRATCH_FLOATS = 128 + 16 + 513 * 64 + 256 * 528;

const PAGE_BYTES = 65_536;

/** A memory for kernels. It never grows. `shared` says whether the kernels import one that all threads share. */
export function createMemory(bytes: number, shared = SHARES_MEMORY): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
}

/** The functions that need no adapting: the module exports them as the contract has them. */
type Direct = Omit<KernelFunctions, keyof ReturnType<typeof adapted>>;

/** What the other functions are made from. */
interface AdaptedExports {
  multiply8: Kernels['multiply'];
  multiply16: Kernels['multiply'];
  multiplyTransposed8: Kernels['multiplyTransposed'];
  multiplyTransposed16: Kernels['multiplyTransposed'];
  dropout(out: Address, a: Address, n: number, place: number, key: number, threshold: number, scale: number): void;
  sgd(
    p: Address,
    g: Address,
    velocity: Address,
    n: number,
    rate: number,
    scale: number,
    momentum: number,
    weightDecay: number,
  ): void;
  adaptive(
    p: Address,
    g: Address,
    s: Address,
    n: number,
    rate: number,
    scale: number,
    weightDecay: number,
    smoothing: number,
    squareWeight: number,
    epsilon: number,
  ): void;
  adam(
    p: Address,
    g: Address,
    m: Address,
    v: Address,
    n: number,
    rate: number,
    scale: number,
    beta1: number,
    oneMinusBeta1: number,
    beta2: number,
    oneMinusBeta2: number,
    root: number,
    epsilon: number,
    decay: number,
  ): void;
}

interface Exports extends Direct, AdaptedExports {
  readonly SCRATCH_FLOATS: WebAssembly.Global;
  setScratch(address: Address): void;
}

/**
 * The kernels of one thread over a memory. `wasm256` has tiles of 6 × 16 numbers, `wasm128` of 6 × 8; both give the same
 * bits.
 *
 * A function whose parameters are all numbers is the module's own export, so that a call costs as little as possible.
 *
 * @param scratch a block of `SCRATCH_FLOATS` numbers that no other thread uses
 */
export function wasmKernels(
  name: 'wasm128' | 'wasm256',
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  scratch: Address,
): Kernels {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const exports = instance.exports as unknown as Exports;
  if (exports.SCRATCH_FLOATS.value !== SCRATCH_FLOATS) {
    throw new Error(`the compiled kernels are of another version than this program (${HOW_TO_BUILD})`);
  }
  exports.setScratch(scratch);
  return {
    name,
    floats: new Float32Array(memory.buffer),
    ints: new Int32Array(memory.buffer),
    ...exports,
    ...adapted(exports, name === 'wasm256'),
  };
}

/** The functions whose exports have other names or other parameters. */
function adapted(exports: AdaptedExports, isWide: boolean) {
  return {
    multiply: isWide ? exports.multiply16 : exports.multiply8,
    multiplyTransposed: isWide ? exports.multiplyTransposed16 : exports.multiplyTransposed8,
    dropout(out, a, n, place, key, p) {
      exports.dropout(out, a, n, place, key, p * 2 ** 32, 1 / (1 - p));
    },
    sgd(p, g, velocity, n, { rate, scale, momentum, weightDecay }: SgdSettings) {
      exports.sgd(p, g, velocity, n, rate, scale, momentum, weightDecay);
    },
    rmsProp(p, g, s, n, { rate, scale, smoothing, epsilon, weightDecay }: RmsPropSettings) {
      exports.adaptive(p, g, s, n, rate, scale, weightDecay, smoothing, 1 - smoothing, epsilon);
    },
    adagrad(p, g, s, n, { rate, scale, epsilon, weightDecay }: AdagradSettings) {
      exports.adaptive(p, g, s, n, rate, scale, weightDecay, 1, 1, epsilon);
    },
    adam(p, g, m, v, n, { rate, scale, beta1, beta2, epsilon, weightDecay, step }: AdamSettings) {
      const corrected = rate / (1 - power(beta1, step));
      const root = 1 / Math.sqrt(1 - power(beta2, step));
      const decay = rate * weightDecay;
      exports.adam(p, g, m, v, n, corrected, scale, beta1, 1 - beta1, beta2, 1 - beta2, root, epsilon, decay);
    },
  } satisfies Partial<KernelFunctions>;
}
