import { element } from './dom.ts';

/** How long the browser has to take the file, in milliseconds. */
const TAKEN_MS = 60_000;

/** Gives the visitor a file, as a browser saves it. */
export function download(name: string, file: Blob): void {
  const href = URL.createObjectURL(file);
  element('a', { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), TAKEN_MS);
}
