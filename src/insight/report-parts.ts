import { TEXT_STYLE } from './coloured-text.ts';
import { escapeMarkup } from './escape.ts';

/** The style of reports. */
export const REPORT_STYLE = TEXT_STYLE;

/** A section of a report. Its parts are markup. */
export function section(id: string, title: string, ...parts: readonly string[]): string {
  return `<section id="${id}"><h2>${title}</h2>\n${parts.join('\n')}\n</section>`;
}

/** The facts about a run, as a table. */
export function factTable(facts: readonly (readonly [string, string])[]): string {
  const rows = facts.map(([name, value]) => `<tr><th>${escapeMarkup(name)}</th><td>${escapeMarkup(value)}</td></tr>`);
  return `<div class="scroll"><table class="facts">${rows.join('')}</table></div>`;
}
