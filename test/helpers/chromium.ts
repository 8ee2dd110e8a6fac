import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Debian's, or another that the environment names. */
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Tests in a browser are skipped where there is none; `WHERE` says so in their names. */
export const HAS_CHROMIUM = existsSync(CHROMIUM);
export const WHERE = `in chromium (skipped where ${CHROMIUM} is missing; CHROMIUM names another)`;

/** @param flags of its JavaScript engine */
export function launchChromium(flags = ''): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', `--js-flags=${flags}`] });
}
