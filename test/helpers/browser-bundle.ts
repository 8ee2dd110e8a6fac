import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The library for pages, as the build makes it. */
export const BUNDLE = fileURLToPath(new URL('../../dist/browser.js', import.meta.url));

export type Bundle = typeof import('../../src/browser/index.ts');

/** The same in this Node, which has all that the library asks of a browser. */
export async function importBundle(): Promise<Bundle> {
  return (await import(BUNDLE)) as Bundle;
}

export function bundleText(): string {
  return readFileSync(BUNDLE, 'utf8');
}
