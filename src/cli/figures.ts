import { accessSync, closeSync, constants, openSync, readSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { UsageError, UserError } from '../errors.ts';
import type { Chart } from '../insight/chart.ts';
import { escapeMarkup } from '../insight/escape.ts';
import { figures, renderPage } from '../insight/page.ts';
import { inlineSvg, toSvg } from '../insight/svg.ts';
import { replaceFile, targetOf } from '../library/whole-file.ts';
import type { Output } from './output.ts';
import { terminalChart } from './terminal-chart.ts';

/** Where drawings go: to files whose paths are printed, or, without any, to standard output, as numbers or drawn. */
export interface FigureOptions {
  readonly svg?: string | undefined;
  readonly html?: string | undefined;
  readonly json?: boolean | undefined;
  /** The files that the command reads: none of them is replaced. */
  readonly inputs?: readonly string[];
}

/** The same figures in each form: as a drawing, as parts of a page, as data, and in characters. */
export interface Figures {
  readonly svg: () => string;
  readonly html: () => readonly string[];
  readonly json: () => readonly object[];
  readonly text: () => string;
}

/** Sends charts where the options say. `drawn` is printed with them where they are drawn in characters. */
export async function writeCharts(
  output: Output,
  title: string,
  charts: readonly Chart[],
  options: FigureOptions,
  drawn: readonly string[] = [],
): Promise<void> {
  await writeDrawings(output, title, chartForms(charts, drawn), options);
}

/** Charts in each form. `drawn` follows where they are drawn in characters. */
export function chartForms(charts: readonly Chart[], drawn: readonly string[]): Figures {
  return {
    svg: () => toSvg(charts),
    html: () => [figures(charts.map((chart) => inlineSvg(chart)))],
    json: () => charts,
    text: () => [...charts.map((chart) => terminalChart(chart)), ...drawn].join('\n\n'),
  };
}

/** Sends figures where the options say. UsageError where two forms would be written to standard output. */
export async function writeDrawings(
  output: Output,
  title: string,
  forms: Figures,
  { svg, html, json, inputs = [] }: FigureOptions,
): Promise<void> {
  if ([svg === '-', html === '-', json].filter(Boolean).length > 1) {
    throw new UsageError('only one of --svg -, --html - and --json can be written to standard output; name a file');
  }
  if (svg !== undefined) await writeFile(output, svg, forms.svg(), inputs);
  if (html !== undefined) await writeFile(output, html, pageOf(title, forms.html()), inputs);
  if (json) for (const data of forms.json()) await output.json(data);
  else if (svg === undefined && html === undefined) await output.line(forms.text());
}

/** How the files begin that are written: drawings, and pages. */
const BEGINNINGS = [/^<svg\b/i, /^<!doctype html>/i];

/**
 * Writes a drawing or a page, and prints its path, or, for `-`, prints the text itself. A file there is replaced only if it is of the same
 * kind, and none of the inputs; a device or a pipe is written to. UserError where the file can't be written; then the old file is as it was.
 */
export async function writeFile(
  output: Output,
  path: string,
  text: string,
  inputs: readonly string[] = [],
): Promise<void> {
  if (path === '-') return await output.write(text);
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat && !stat.isFile()) writeFileSync(path, text);
    else {
      if (stat) requireReplaceable(path, stat, text, inputs);
      replaceFile(targetOf(path), [text]);
    }
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${path}: can't be written: ${(cause as Error).message}; give another path`, { cause });
  }
  await output.line(path);
}

/** UserError where the file at the path is an input, or of another kind than the text. Throws where it may not be written. */
function requireReplaceable(path: string, stat: Stats, text: string, inputs: readonly string[]): void {
  accessSync(path, constants.W_OK);
  const isInput = inputs.some((input) => {
    const other = input === '-' ? undefined : statSync(input, { throwIfNoEntry: false });
    return other?.dev === stat.dev && other.ino === stat.ino;
  });
  if (isInput) throw new UserError(`${path} is read by this command, and is not replaced; give another path`);
  const kind = BEGINNINGS.find((beginning) => beginning.test(text))!;
  if (stat.size > 0 && !kind.test(firstOf(path))) {
    const what = kind === BEGINNINGS[0] ? 'drawing (SVG)' : 'page (HTML)';
    throw new UserError(`${path} is there already, and is no ${what}; give another path, or remove it`);
  }
}

/** How a file begins, without the declaration of XML and spaces. */
function firstOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(1024);
    const length = readSync(file, bytes, 0, bytes.length, 0);
    return bytes.toString('utf8', 0, length).replace(/^\s*(?:<\?xml[^>]*\?>)?\s*/, '');
  } finally {
    closeSync(file);
  }
}

function pageOf(title: string, parts: readonly string[]): string {
  return renderPage({ title, body: [`<h1>${escapeMarkup(title)}</h1>`, ...parts] });
}
