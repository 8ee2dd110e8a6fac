/** The first Node whose V8 merges 128-bit operations into 256-bit ones (kernel/choose.ts). */
const FIRST = 24;

/**
 * A sentence for a person whose Node is older than the first one with the faster kernel, on a processor where that kernel exists.
 * Undefined where another Node would not be faster.
 */
export function fasterNode(kernel: string, { version, platform, arch }: typeof HERE = HERE): string | undefined {
  const major = Number(/^v?(\d+)/.exec(version)?.[1]);
  if (kernel !== 'wasm128' || arch !== 'x64' || platform === 'darwin' || !(major < FIRST)) return undefined;
  return `this is Node ${version.replace(/^v/, '')}: with Node ${FIRST} or newer, training is up to twice as fast on this kind of processor`;
}

const HERE: Readonly<Record<'version' | 'platform' | 'arch', string>> = process;
