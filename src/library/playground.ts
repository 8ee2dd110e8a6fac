import { readFileSync } from 'node:fs';

/** The page, as the build makes it (src/pages/playground). */
const PAGE = new URL('../../dist/pages/playground.html', import.meta.url);

/** The page that trains networks in a browser: one file that loads nothing. */
export function playgroundPage(): string {
  return readFileSync(PAGE, 'utf8');
}
