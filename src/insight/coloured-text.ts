import { escapeMarkup } from './escape.ts';
import type { Trace } from './trace.ts';

/** A surprisal of this many bits or more is shown in full colour. */
export const FULL_BITS = 8;

/** The colours of values below and above 0, and of surprisal, as red, green and blue. */
export const BELOW = '0 114 178';
export const ABOVE = '230 159 0';
export const SURPRISAL = '213 94 0';

/** A symbol's colour is laid over the background with a strength in [0, 1], so the same colours work on light and dark pages. */
export const TEXT_STYLE = `
.text { font: 14px/1.7 ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0; padding: .75rem; background: var(--raised); border-radius: 6px; max-height: 34rem; overflow-y: auto; }
.text span { border-radius: 2px; padding: .12em 0; }
.text .end { opacity: .45; }
:is(#surprisal .text, .surprising) span { background: rgb(${SURPRISAL} / calc(var(--v) * .85)); }
.key { display: flex; align-items: center; gap: .5rem; }
.ramp { display: inline-block; width: 10rem; height: .8rem; border-radius: 2px; border: 1px solid var(--rule); }
.ramp.surprise { background: linear-gradient(to right, transparent, rgb(${SURPRISAL} / .85)); }
.ramp.gradient { background: linear-gradient(to right, rgb(0 158 115 / .08), rgb(0 158 115 / .85)); }
.ramp.gate { background: linear-gradient(to right, transparent, rgb(128 128 128 / .8)); }
.ramp.state { background: linear-gradient(to right, rgb(${BELOW} / .7), transparent, rgb(${ABOVE} / .7)); }
#gradient span { cursor: pointer; }
#gradient span[aria-selected=true] { outline: 2px solid var(--accent); outline-offset: -1px; }
.picker { display: flex; flex-wrap: wrap; gap: .5rem; max-width: none; }
#unit { flex: 1 1 10rem; max-width: 26rem; min-width: 0; }
button, select { font: inherit; color: var(--ink); background: var(--raised); border: 1px solid var(--rule); border-radius: 6px; padding: .25rem .6rem; }
button { cursor: pointer; }
button:hover, button:focus-visible, select:focus-visible { border-color: var(--accent); outline: none; }
td button { padding: .05rem .5rem; }
.facts td { overflow-wrap: anywhere; }
`;

/** How strong the colour of a surprisal is, in [0, 1]; 0 for a symbol that was not predicted (NaN). */
export function strengthOf(bits: number): number {
  return Number.isNaN(bits) ? 0 : Math.min(1, bits / FULL_BITS);
}

/** A text as one span for each symbol, coloured by surprisal. */
export function colouredText({ surprisals }: Trace, shown: readonly string[]): string {
  const spans = shown.map((text, at) => {
    const bits = surprisals[at]! / Math.LN2;
    const title = Number.isNaN(bits) ? 'the first' : `${bits.toFixed(2)} bits`;
    return `<span style="--v:${strengthOf(bits).toFixed(2)}" title="${title}">${escapeMarkup(text)}</span>`;
  });
  return `<pre class="text">${spans.join('')}</pre>`;
}
