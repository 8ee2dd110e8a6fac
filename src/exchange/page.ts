import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { type PageFloats, type PageWords, packModel } from './page-model.ts';

/** The page without a model, as the build makes it (src/pages). */
const PAGE = new URL('../../dist/pages/model.html', import.meta.url);

/** Where the model stands in the page. */
const SLOT = '<!-- model -->';

/**
 * The pieces of a page with a model in it. Everything that the model says stands in it as base64 of gzip, so nothing of it is ever read as markup. A number
 * takes at most 4/3 of its bytes.
 */
export function toPage(checkpoint: Checkpoint, words: PageWords, floats: PageFloats): (string | Uint8Array)[] {
  const [before = '', after = ''] = readFileSync(PAGE, 'utf8').split(SLOT);
  const packed = gzipSync(packModel({ ...words, floats, checkpoint }), { level: 9 }).toString('base64');
  return [`${before}<script type="text/plain" id="model">`, packed, `</script>${after}`];
}
