/** What decides which flags a V8 knows: `process.versions.v8`, `process.arch` and `process.platform`. */
export interface Runtime {
  readonly v8: string;
  readonly arch: string;
  readonly platform: string;
}

/** V8 before 12 (Node 20) runs relaxed SIMD only under a flag, which later versions neither need nor know. */
export function relaxedSimdFlagOf({ v8 }: Runtime): string | undefined {
  return isAtLeast(v8, 12, 0) ? undefined : '--experimental-wasm-relaxed-simd';
}

/**
 * The flags with which V8 compiles the kernels best. V8 prints an error at a flag that it does not know, and it offers no silent way to
 * ask; the versions in which each flag exists are therefore written down here.
 *
 * - V8 compiles all functions at once and optimised. By default it starts with a baseline compiler, whose code is several times
 *   slower, and replaces that code some time during the first second.
 * - From V8 13 on (Node 24), inlining stays off: V8 would inline by what the baseline compiler has counted, and stops the process where
 *   nothing was counted.
 * - The revectorizer merges pairs of neighbouring 128-bit operations into 256-bit operations. With `revectorize` false it stays off.
 */
export function compilerFlags(runtime: Runtime, revectorize: boolean): readonly string[] {
  const flags = ['--no-liftoff', '--no-wasm-lazy-compilation'];
  if (isAtLeast(runtime.v8, 13, 0)) flags.push('--no-wasm-inlining');
  const revectorizeFlag = revectorizeFlagOf(runtime);
  if (revectorize && revectorizeFlag) flags.push(revectorizeFlag);
  return flags;
}

/** The flag that turns the revectorizer on; undefined where V8 has no revectorizer. Node builds it for x86-64 only, and not on macOS. */
export function revectorizeFlagOf({ v8, arch, platform }: Runtime): string | undefined {
  if (arch !== 'x64' || platform === 'darwin') return undefined;
  if (isAtLeast(v8, 15, 4)) return '--wasm-revectorize';
  return isAtLeast(v8, 12, 0) ? '--experimental-wasm-revectorize' : undefined;
}

/** The flag that undoes `flag`. */
export function opposite(flag: string): string {
  return flag.startsWith('--no-') ? flag.replace('--no-', '--') : flag.replace('--', '--no-');
}

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [itsMajor = 0, itsMinor = 0] = version.split('.').map(Number);
  return itsMajor > major || (itsMajor === major && itsMinor >= minor);
}
