import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'rolldown';
import { licencesOf, packedKernels, textFiles, withoutUnused, withoutUnusedCurves } from '../build-plugins.ts';
import { TEXT_STYLE } from '../insight/coloured-text.ts';
import { renderPage } from '../insight/page.ts';

const PAGES = 'src/pages';

/**
 * Writes dist/pages/NAME.html: one file that loads nothing. Its parts are the folder src/pages/NAME:
 *
 *     page.html   what the page shows; what is above it and below it is the same in all pages
 *     style.css   rules of this page alone
 *     app.ts      what runs in the page
 *     worker.ts   what runs in the worker: all that computes
 *
 * The two scripts are stored as base64 of gzip. `start.ts` unpacks them.
 *
 * @param title of the window, until the page gives itself another
 */
export async function buildPage(name: string, title: string): Promise<void> {
  const folder = join(PAGES, name);
  const [start, app, worker] = await Promise.all([
    // A browser that is too old for the others runs it, and says so.
    bundled(join(PAGES, 'start.ts'), 'es2017'),
    bundled(join(folder, 'app.ts')),
    bundled(join(folder, 'worker.ts')),
  ]);
  const html = renderPage({
    title,
    style: compact([TEXT_STYLE, textOf(join(PAGES, 'style.css')), textOf(join(folder, 'style.css'))].join('\n')),
    body: [
      textOf(join(folder, 'page.html')),
      textOf(join(PAGES, 'starting.html')),
      packed('app', app),
      packed('worker', worker),
    ],
    script: start,
    inserted: [app],
    computes: true,
  });
  mkdirSync('dist/pages', { recursive: true });
  writeFileSync(`dist/pages/${name}.html`, html);
}

/** A module and what it imports as one classic script: a page from a file can load no module, and its worker can't be one. */
async function bundled(input: string, target = 'es2023'): Promise<string> {
  const { output } = await build({
    input,
    platform: 'browser',
    write: false,
    transform: { target },
    output: {
      format: 'iife',
      codeSplitting: false,
      minify: true,
      comments: { legal: true, annotation: false, jsdoc: false },
    },
    plugins: [packedKernels(), textFiles(), withoutUnused(), withoutUnusedCurves()],
    logLevel: 'warn',
  });
  const licences = licencesOf(output).replaceAll('*/', '* /');
  return `${licences === '' ? '' : `/*\n${licences}*/\n`}${output[0].code}`;
}

/** A text that the page carries, as an element that no browser runs. Base64 has no character that could end the element. */
function packed(id: string, text: string): string {
  return `<script type="text/plain" id="${id}">${gzipSync(text, { level: 9 }).toString('base64')}</script>`;
}

function textOf(file: string): string {
  return readFileSync(file, 'utf8').trim();
}

/** A style sheet without comments, and without spaces that say nothing. None of its texts has two spaces in a row. */
function compact(style: string): string {
  return style
    .replace(/\/\*[\s\S]*?\*\//gu, '')
    .replace(/\s+/gu, ' ')
    .replace(/ ?([{};,]) ?/gu, '$1');
}
