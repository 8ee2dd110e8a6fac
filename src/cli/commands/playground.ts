import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { message, option, UsageError, UserError } from '../../errors.ts';
import { statOf } from '../../library/stat-of.ts';
import { defineCommand } from '../command.ts';
import { Output, remark } from '../output.ts';
import { FLAGS, OPTIONS } from '../shared.ts';

const schema = z.strictObject({
  html: z.string().default('playground.html').describe('where the page is written; - is standard output'),
  overwrite: z.boolean().default(false).describe('replace another page that is there'),
  quiet: OPTIONS.quiet,
});

/** `rnn playground`. */
export const command = defineCommand({
  schema,
  flags: { '': { html: FLAGS.html, overwrite: '--overwrite', quiet: FLAGS.quiet } },
  help: `
One file that needs no network. Open it in a browser: it trains a network on a
text that you paste, drop or choose, with the learning curve, samples, the
gradient flow and the units' activations while it learns. Nothing leaves your
computer. The lectures' examples (deep, lag, parity, the iterated unit) are one
click away. What it saves is a checkpoint, which rnn reads, and it opens one.

With a seed, the page has the same parameters, to the bit, as the rnn train that
it shows, in browsers with relaxed SIMD.

Examples:
  rnn playground
  rnn playground --html class/playground.html
  rnn playground --html - > playground.html`,
  async run(given) {
    const { html, overwrite, quiet } = schema.parse(given);
    if (html === '-' && overwrite) throw new UsageError(message`${option('overwrite')} is for a file; leave it out`);
    const [{ playgroundPage }, { writeFile }] = await Promise.all([
      import('../../library/playground.ts'),
      import('../figures.ts'),
    ]);
    const page = playgroundPage();
    if (html !== '-' && !overwrite) requireFree(html, page);
    const output = new Output();
    await writeFile(output, html, page);
    await output.flush();
    if (html !== '-' && !quiet) remark(`open it in a browser: ${pathToFileURL(resolve(html)).href}`);
    return undefined;
  },
});

/** UserError where another file is there: nothing is lost where it is the same page. */
function requireFree(path: string, page: string): void {
  if (!statOf(path)?.isFile() || readFileSync(path, 'utf8') === page) return;
  throw new UserError(
    message`${path} is there already; name another with ${option('html')}, or give ${option('overwrite')}`,
  );
}
