import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';

/** A page that was opened from a file, without a network. */
export interface OpenedPage {
  readonly page: Page;
  /** Everything that a page without a fault never says: messages of the console, errors, and requests to other places than its own file. */
  readonly told: readonly string[];
}

/** @param before what the page's browser runs first: to take something away from it, say */
export async function openFile(
  browser: Browser,
  path: string,
  { before, ...options }: BrowserContextOptions & { readonly before?: string } = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ ...options, offline: true });
  onTestFinished(() => context.close()); // pages that stay open go on computing
  const page = await context.newPage();
  const told: string[] = [];
  page.on('console', (message) => told.push(message.text()));
  page.on('pageerror', (error) => told.push(error.message));
  page.on('request', (request) => {
    if (!/^(?:file|blob):/.test(request.url())) told.push(`asked for ${request.url()}`);
  });
  if (before !== undefined) await page.addInitScript(before);
  await page.goto(pathToFileURL(path).href);
  return { page, told };
}
