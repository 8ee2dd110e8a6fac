import { block, gzip, sizes } from '../../dist/kernel/single.wasm';
import type * as node from './kernels.node.ts';
import { unpackBytes } from './unpack.browser.ts';

export const HOW_TO_BUILD: typeof node.HOW_TO_BUILD = 'npm run build makes it';

export const SHARES_MEMORY: typeof node.SHARES_MEMORY = false;

export const HAS_REVECTORIZER: typeof node.HAS_REVECTORIZER = false;

/** The builds for one thread, the best first: what the first computes has the bits of Node's kernels. */
const BUILDS = [{ roundsTwice: false }, { roundsTwice: true }];

let loaded: node.Loaded | undefined;
let preparation: Promise<void> | undefined;

/** Compiles the kernels, so that `load` has them. Browsers compile on the main thread only if nobody waits for it. */
export function prepareKernels(): Promise<void> {
  preparation ??= compile().then((result) => {
    loaded = result;
  });
  return preparation;
}

export const load: typeof node.load = () => {
  if (!loaded) throw new Error('the kernels have not been prepared');
  return loaded;
};

async function compile(): Promise<node.Loaded> {
  if (typeof WebAssembly === 'undefined') return { reason: 'this browser runs no WebAssembly' };
  try {
    for (const [index, bytes] of unwoven(await unpackBytes(gzip)).entries())
      if (WebAssembly.validate(bytes)) return { module: await WebAssembly.compile(bytes), ...BUILDS[index] };
    return { reason: 'this browser runs no WebAssembly with SIMD' };
  } catch (error) {
    // A content security policy without 'wasm-unsafe-eval' is one reason, a browser that can't unpack is another.
    return { reason: `this browser refuses the WebAssembly kernels: ${(error as Error).message}` };
  }
}

/** The builds, whose blocks come in turn. */
function unwoven(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const builds = sizes.map((size) => new Uint8Array(size));
  let at = 0;
  for (let start = 0; at < bytes.length; start += block) {
    for (const build of builds) {
      const length = Math.max(0, Math.min(block, build.length - start));
      if (length > 0) build.set(bytes.subarray(at, at + length), start);
      at += length;
    }
  }
  return builds;
}
