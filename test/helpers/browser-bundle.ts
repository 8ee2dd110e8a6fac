import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { load } from '../../src/host/kernels.node.ts';

/** The library for pages, as the build makes it. */
export const BUNDLE = fileURLToPath(new URL('../../dist/browser.js', import.meta.url));

export type Bundle = typeof import('../../src/browser/index.ts');

/** The same in this Node, which has all that the library asks of a browser: Node 20 has relaxed SIMD once Node's own kernels are loaded. */
export async function importBundle(): Promise<Bundle> {
  load();
  return (await import(BUNDLE)) as Bundle;
}

export function bundleText(): string {
  return readFileSync(BUNDLE, 'utf8');
}
