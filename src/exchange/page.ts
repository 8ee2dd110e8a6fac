import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { message, option, UserError } from '../errors.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { FLOAT_BYTES } from './numbers.ts';
import { type PageFloats, type PageWords, packModel } from './page-model.ts';

/** The page without a model, as the build makes it (src/pages). */
const PAGE = new URL('../../dist/pages/model.html', import.meta.url);

/** The most bytes of parameters: a browser has no string that is much longer. */
const MOST_BYTES = 300_000_000;

/** Where the model stands in the page. */
const SLOT = '<!-- model -->';

/**
 * The pieces of a page with a model in it. Everything that the model says stands in it as base64 of gzip, so nothing of it is ever read as markup. A number
 * takes at most 4/3 of its bytes.
 */
export function toPage(checkpoint: Checkpoint, words: PageWords, floats: PageFloats): (string | Uint8Array)[] {
  const bytes = FLOAT_BYTES[floats] * checkpoint.parameters.length;
  if (bytes > MOST_BYTES)
    throw new UserError(
      message`its parameters have ${Math.round(bytes / 1e6)} MB, and a browser reads a page with at most ${MOST_BYTES / 1e6}; ${floats === 'float32' ? message`store them by ${option('half')}, or ` : ''}export it as safetensors`,
    );
  const [before = '', after = ''] = readFileSync(PAGE, 'utf8').split(SLOT);
  const packed = gzipSync(packModel({ ...words, floats, checkpoint }), { level: 9 }).toString('base64');
  return [`${before}<script type="text/plain" id="model">`, packed, `</script>${after}`];
}
