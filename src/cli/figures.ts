import { writeFileSync } from 'node:fs';
import { UsageError, UserError } from '../errors.ts';
import type { Chart } from '../insight/chart.ts';
import { escapeMarkup } from '../insight/escape.ts';
import { figures, renderPage } from '../insight/page.ts';
import { inlineSvg, toSvg } from '../insight/svg.ts';
import type { Output } from './output.ts';
import { terminalChart } from './terminal-chart.ts';

/** Where charts go: to files whose paths are printed, or, without any, to standard output, as numbers or drawn. */
export interface FigureOptions {
  readonly svg?: string;
  readonly html?: string;
  readonly json?: boolean;
}

/** Sends charts where the options say. `drawn` is printed with them where they are drawn in characters. */
export async function writeCharts(
  output: Output,
  title: string,
  charts: readonly Chart[],
  options: FigureOptions,
  drawn: readonly string[] = [],
): Promise<void> {
  const { svg, html, json } = options;
  if ([svg === '-', html === '-', json].filter(Boolean).length > 1) {
    throw new UsageError('only one of --svg -, --html - and --json can be written to standard output; name a file');
  }
  if (svg !== undefined) await writeFile(output, svg, toSvg(charts));
  if (html !== undefined) await writeFile(output, html, chartPage(title, charts));
  if (json) for (const chart of charts) await output.line(JSON.stringify(chart));
  else if (svg === undefined && html === undefined) {
    await output.line([...charts.map((chart) => terminalChart(chart)), ...drawn].join('\n\n'));
  }
}

/** Writes a file and prints its path, or, for `-`, prints the text itself. UserError where it can't be written. */
export async function writeFile(output: Output, path: string, text: string): Promise<void> {
  if (path === '-') return await output.write(text);
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new UserError(`${path} can't be written: ${(cause as Error).message}; give another path`, { cause });
  }
  await output.line(path);
}

function chartPage(title: string, charts: readonly Chart[]): string {
  return renderPage({
    title,
    body: [`<h1>${escapeMarkup(title)}</h1>`, figures(charts.map((chart) => inlineSvg(chart)))],
  });
}
