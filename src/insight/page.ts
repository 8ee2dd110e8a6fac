import { createHash } from 'node:crypto';
import { escapeMarkup } from './escape.ts';
import { darkRules } from './series-style.ts';

/** The parts of a page, as markup in which all texts are escaped already. */
export interface Page {
  readonly title: string;
  /** The sections in their order. */
  readonly body: readonly string[];
  /** Additional style rules; below, a script. */
  readonly style?: string;
  readonly script?: string;
  /** The scripts that `script` puts into the page. */
  readonly inserted?: readonly string[];
  /** Whether the page runs WebAssembly, and starts workers from texts that it carries. */
  readonly computes?: boolean;
}

/** The style works in light and dark, and from the width of a phone. It loads nothing. */
const STYLE = `
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1d1d1f; --faint: #6b6b70; --rule: #d9d9de; --raised: #f5f5f7; --accent: #0072b2; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #16171a; --ink: #e8e8ea; --faint: #9a9aa2; --rule: #36373d; --raised: #202126; --accent: #56b4e9; }
${darkRules()}
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 1.25rem 0 .35rem; }
p { margin: .5rem 0; max-width: 46rem; }
.faint { color: var(--faint); font-size: .9rem; }
figure { margin: 1rem 0; }
figure svg { display: block; width: 100%; height: auto; max-width: 44rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); gap: .5rem 1.5rem; }
.figures figure { margin: .5rem 0; }
.scroll { overflow-x: auto; }
figure.scroll svg { min-width: 38rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .9rem .25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); }
th { font-weight: 500; color: var(--faint); }
td.number, th.number { text-align: right; }
`;

/**
 * A whole HTML document in one string. Its content security policy forbids loading anything, so it looks the same with and without a network, and
 * it names the scripts that may run by their hashes, so nothing else in the page ever runs.
 */
export function renderPage(page: Page): string {
  const { title, body, style = '', script } = page;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policyOf(page)}">
<title>${escapeMarkup(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}${style}</style>
</head>
<body>
${body.join('\n')}
${script ? `<script>${script}</script>\n` : ''}</body>
</html>
`;
}

function policyOf({ script, inserted = [], computes = false }: Page): string {
  const hashes = [...(script ? [script] : []), ...inserted].map(hashOf);
  const scripts = [...hashes, ...(computes ? ["'wasm-unsafe-eval'"] : [])];
  return [
    "default-src 'none'",
    "style-src 'unsafe-inline'",
    `script-src ${scripts.length > 0 ? scripts.join(' ') : "'none'"}`,
    ...(computes ? ['worker-src blob:'] : []),
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function hashOf(script: string): string {
  return `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
}

/** Puts drawings side by side if there is room. */
export function figures(drawings: readonly string[]): string {
  return `<div class="figures">${drawings.map((drawing) => `<figure>${drawing}</figure>`).join('\n')}</div>`;
}
