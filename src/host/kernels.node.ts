import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { compilerFlags, opposite, type Runtime, relaxedSimdFlagOf, revectorizeFlagOf } from './v8-flags.ts';

/** This path is right from src/ and from dist/. */
const FILE = new URL('../../dist/kernel/kernels.wasm', import.meta.url);

/** How the file of kernels is made; for errors about it. */
export const HOW_TO_BUILD: string = 'npm run build:kernel makes it';

/** Whether the kernels import a memory that threads share. */
export const SHARES_MEMORY: boolean = true;

const RUNTIME: Runtime = { v8: process.versions.v8 ?? '0', arch: process.arch, platform: process.platform };

/** Whether the host may merge neighbouring 128-bit operations into 256-bit ones, so that wide tiles can be faster. */
export const HAS_REVECTORIZER: boolean = revectorizeFlagOf(RUNTIME) !== undefined;

/** The compiled kernels, or the reason why there are none. */
export type Loaded =
  | {
      readonly module: WebAssembly.Module;
      /** Whether it multiplies and then adds, for want of relaxed SIMD: its bits are then others than Node's. */
      readonly roundsTwice?: boolean;
    }
  | { readonly module?: undefined; readonly reason: string };

/** The name of the section that marks the module in which V8 merges nothing. */
const UNMERGED = 'unmerged';

const loaded = new Map<boolean, Loaded>();

/**
 * The kernels, compiled at the first call, in some 20 ms; workers share the code of a module that is posted to them.
 *
 * @param revectorize whether V8's revectorizer may make 256-bit code, where there is one
 */
export function load(revectorize = true): Loaded {
  const known = loaded.get(revectorize);
  if (known) return known;
  const result = compile(revectorize);
  loaded.set(revectorize, result);
  return result;
}

function compile(revectorize: boolean): Loaded {
  if (typeof WebAssembly === 'undefined')
    return { reason: 'this Node runs without WebAssembly (its option --jitless?)' };
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = readFileSync(FILE);
  } catch {
    return { reason: `${FILE.pathname} is missing (${HOW_TO_BUILD})` };
  }
  if (!WebAssembly.validate(bytes)) {
    const flag = relaxedSimdFlagOf(RUNTIME);
    if (flag) setFlagsFromString(flag);
    if (!WebAssembly.validate(bytes))
      return { reason: `Node ${process.version} can't run WebAssembly with relaxed SIMD` };
  }
  return { module: compileOptimized(revectorize ? bytes : marked(bytes), revectorize) };
}

/**
 * The same module with an empty section of its own. V8 compiles the same bytes only once in a process, whatever its flags are by then; so a module
 * that is to be compiled otherwise needs other bytes.
 */
function marked(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(UNMERGED);
  return Uint8Array.from([...bytes, 0, name.length + 1, name.length, ...name]);
}

/** V8's flags hold for the whole process, so they are set back after compilation; compiled code stays as it is. */
function compileOptimized(bytes: Uint8Array<ArrayBuffer>, revectorize: boolean): WebAssembly.Module {
  const flags = compilerFlags(RUNTIME, revectorize);
  for (const flag of flags) setFlagsFromString(flag);
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const flag of flags) setFlagsFromString(opposite(flag));
  }
}
