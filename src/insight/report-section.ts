import { escapeMarkup } from './escape.ts';

/** A part of the report: what the page shows, and the data that its script reads. */
export interface InteractiveSection {
  readonly markup: string;
  readonly data: object;
}

/** A section of the report. The parts are markup. */
export function section(id: string, title: string, ...parts: readonly string[]): string {
  return `<section id="${id}"><h2>${title}</h2>\n${parts.join('\n')}\n</section>`;
}

/** The facts about a run, as a table. */
export function factTable(facts: readonly (readonly [string, string])[]): string {
  const rows = facts.map(([name, value]) => `<tr><th>${escapeMarkup(name)}</th><td>${escapeMarkup(value)}</td></tr>`);
  return `<div class="scroll"><table class="facts">${rows.join('')}</table></div>`;
}

/** Words in small print. */
export function faint(text: string): string {
  return `<p class="faint">${escapeMarkup(text)}</p>`;
}

/** What a reader whose browser runs no scripts is told. */
export function needsScript(what: string): string {
  return `<noscript><p>${what} needs JavaScript.</p></noscript>`;
}

/** Bytes in base64. */
export function base64(bytes: Uint8Array | Int8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
