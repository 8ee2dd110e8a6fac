import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { AdagradSettings, AdamSettings, Address, Kernels, RmsPropSettings, SgdSettings } from './contract.ts';
import { referenceKernels } from './reference.ts';

/** Numbers in the scratch block that every thread gives its kernels; the same constant stands in assembly/scratch.ts. */
export const SCRATCH_FLOATS = 128 + 16 + 257 * 128 + 512 * 272;

const PAGE_BYTES = 65_536;

/** The right place from src/ and from dist/ alike. */
const FILE = new URL('../../dist/kernel/kernels.wasm', import.meta.url);

/** The first V8 that knows `--experimental-wasm-revectorize` (Node 22's), and needs no flag for relaxed SIMD. */
const V8_REVECTORIZES = 12;
/** The first V8 that inlines by what the baseline compiler has counted, and stops the process where nothing was (Node 24's). */
const V8_INLINES = 13;

export interface Loaded {
  readonly module?: WebAssembly.Module;
  /** Why there is no module. */
  readonly reason?: string;
}

let loaded: Loaded | undefined;

/** The compiled kernels, or undefined where this runtime can't run them. Compiled once; to be posted to workers. */
export function loadModule(): WebAssembly.Module | undefined {
  return load().module;
}

/** As `loadModule`, with the reason where there is none. */
export function load(): Loaded {
  loaded ??= compile();
  return loaded;
}

function compile(): Loaded {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = readFileSync(FILE);
  } catch {
    return { reason: `${FILE.pathname} is missing (npm run build:kernel makes it)` };
  }
  const v8 = Number.parseInt(process.versions.v8 ?? '0', 10);
  if (!WebAssembly.validate(bytes)) {
    // V8 prints an error at a flag it doesn't know: none is set that isn't needed.
    if (v8 < V8_REVECTORIZES) setFlagsFromString('--experimental-wasm-relaxed-simd');
    if (!WebAssembly.validate(bytes))
      return { reason: `Node ${process.version} can't run WebAssembly with relaxed SIMD` };
  }
  return { module: compileOptimized(bytes, v8) };
}

/**
 * Compiles every function at once, optimised, in some 20 ms. Left to itself, V8 begins with a baseline compiler whose code is
 * several times slower, and replaces it in the background, at some time in the first second. The flags are the process's, and so are
 * set back at once; the code stays as it is, and workers that the module is posted to share it.
 */
function compileOptimized(bytes: Uint8Array, v8: number): WebAssembly.Module {
  const flags = ['liftoff', 'wasm-lazy-compilation'];
  if (v8 >= V8_INLINES) flags.push('wasm-inlining');
  for (const flag of flags) setFlagsFromString(`--no-${flag}`);
  if (v8 >= V8_REVECTORIZES) setFlagsFromString('--experimental-wasm-revectorize');
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const flag of flags) setFlagsFromString(`--${flag}`);
    if (v8 >= V8_REVECTORIZES) setFlagsFromString('--no-experimental-wasm-revectorize');
  }
}

/** A memory for all threads. It never grows. */
export function createSharedMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** What the module exports under the contract's own names, and under the names of its two tiles. */
type Shared = Pick<
  Kernels,
  | 'pack'
  | 'packTransposed'
  | 'gatherRows'
  | 'scatterRows'
  | 'sumRows'
  | 'keepRows'
  | 'addKeptRows'
  | 'fill'
  | 'tanhForward'
  | 'tanhBackward'
  | 'logisticForward'
  | 'logisticBackward'
  | 'reluForward'
  | 'reluBackward'
  | 'lstmForward'
  | 'lstmBackward'
  | 'gruResetForward'
  | 'gruForward'
  | 'gruBackward'
  | 'gruResetBackward'
  | 'gruAfterForward'
  | 'gruAfterBackward'
  | 'softmaxCrossEntropy'
  | 'sumOfSquares'
  | 'clamp'
  | 'average'
>;

interface Exports extends Shared {
  multiply8: Kernels['multiply'];
  multiply16: Kernels['multiply'];
  multiplyTransposed8: Kernels['multiplyTransposed'];
  multiplyTransposed16: Kernels['multiplyTransposed'];
  readonly SCRATCH_FLOATS: WebAssembly.Global;
  setScratch(address: Address): void;
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
    fresh: number,
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
    fresh1: number,
    beta2: number,
    fresh2: number,
    root: number,
    epsilon: number,
    decay: number,
  ): void;
}

/**
 * The kernels of one thread over a shared memory. `wasm256` has tiles of 6 × 16 numbers, `wasm128` of 6 × 8; the two agree to the
 * bit. `scratch` is a block of `SCRATCH_FLOATS` numbers that no other thread uses.
 *
 * Functions of the contract are the module's own exports wherever their parameters are numbers, so that a call costs no more
 * than it must.
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
    throw new Error(`${FILE.pathname} is of another version than this program (npm run build:kernel makes it)`);
  }
  exports.setScratch(scratch);
  const wide = name === 'wasm256';
  return {
    name,
    floats: new Float32Array(memory.buffer),
    ints: new Int32Array(memory.buffer),
    multiply: wide ? exports.multiply16 : exports.multiply8,
    multiplyTransposed: wide ? exports.multiplyTransposed16 : exports.multiplyTransposed8,
    ...shared(exports),
    dropout(out, a, n, place, key, p) {
      exports.dropout(out, a, n, place, key, p * 2 ** 32, 1 / (1 - p));
    },
    ...updates(exports),
    ...masks(memory),
  };
}

function shared(exports: Exports): Shared {
  return {
    pack: exports.pack,
    packTransposed: exports.packTransposed,
    gatherRows: exports.gatherRows,
    scatterRows: exports.scatterRows,
    sumRows: exports.sumRows,
    keepRows: exports.keepRows,
    addKeptRows: exports.addKeptRows,
    fill: exports.fill,
    tanhForward: exports.tanhForward,
    tanhBackward: exports.tanhBackward,
    logisticForward: exports.logisticForward,
    logisticBackward: exports.logisticBackward,
    reluForward: exports.reluForward,
    reluBackward: exports.reluBackward,
    lstmForward: exports.lstmForward,
    lstmBackward: exports.lstmBackward,
    gruResetForward: exports.gruResetForward,
    gruForward: exports.gruForward,
    gruBackward: exports.gruBackward,
    gruResetBackward: exports.gruResetBackward,
    gruAfterForward: exports.gruAfterForward,
    gruAfterBackward: exports.gruAfterBackward,
    softmaxCrossEntropy: exports.softmaxCrossEntropy,
    sumOfSquares: exports.sumOfSquares,
    clamp: exports.clamp,
    average: exports.average,
  };
}

type Provisional =
  | 'restoreRows'
  | 'moveRows'
  | 'softmaxForward'
  | 'softmaxBackward'
  | 'additiveScores'
  | 'additiveScoresBackward';
function masks(memory: WebAssembly.Memory): Pick<Kernels, Provisional> {
  const views = { floats: new Float32Array(memory.buffer), ints: new Int32Array(memory.buffer) };
  const { restoreRows, moveRows, softmaxForward, softmaxBackward, additiveScores, additiveScoresBackward } =
    referenceKernels(views);
  return { restoreRows, moveRows, softmaxForward, softmaxBackward, additiveScores, additiveScoresBackward };
}

function updates(exports: Exports): Pick<Kernels, 'sgd' | 'rmsProp' | 'adagrad' | 'adam'> {
  return {
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
      const corrected = rate / (1 - beta1 ** step);
      const root = 1 / Math.sqrt(1 - beta2 ** step);
      const decay = rate * weightDecay;
      exports.adam(p, g, m, v, n, corrected, scale, beta1, 1 - beta1, beta2, 1 - beta2, root, epsilon, decay);
    },
  };
}
