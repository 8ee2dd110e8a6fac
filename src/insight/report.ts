import type { Chart } from './chart.ts';
import { colouredText, TEXT_STYLE } from './coloured-text.ts';
import { escapeMarkup, escapeScript } from './escape.ts';
import { figures, renderPage } from './page.ts';
import { gradientSection } from './report-gradients.ts';
import { REPORT_SCRIPT } from './report-script.ts';
import { factTable, faint, section } from './report-section.ts';
import { type UnitContent, unitSection } from './report-units.ts';
import { inlineSvg, wideSvg } from './svg.ts';
import type { Trace } from './trace.ts';

/** Samples that were drawn at one temperature. */
export interface DrawnTexts {
  readonly temperature: number;
  readonly texts: readonly string[];
}

/** Everything that a report shows. Its texts may come from a checkpoint or a file, so they are always escaped. */
export interface ReportContent extends UnitContent {
  readonly name: string;
  /** The facts about the run: name and value. */
  readonly facts: readonly (readonly [string, string])[];
  readonly curves: readonly Chart[];
  readonly flow: readonly Chart[];
  readonly samples: readonly DrawnTexts[];
  /** A name for the text: "the validation part of book.txt". */
  readonly textName: string;
  readonly trace: Trace;
  /** How each symbol of the trace is shown. */
  readonly shown: readonly string[];
  /** For the first of the symbols that are shown: how far back its prediction reaches (`symbolGradients`). */
  readonly gradients: readonly ArrayLike<number>[];
  readonly symbols: Chart;
  /** For an ensemble, a sentence that says which member is shown. */
  readonly inside?: readonly string[];
}

/** The report as one HTML page that loads nothing. */
export function renderReport(content: ReportContent): string {
  const { name, inside = [], shown, gradients } = content;
  const units = unitSection(content, inside);
  const memory = gradientSection(gradients, shown.length, inside);
  return renderPage({
    title: `${name}: what the network has learned`,
    style: TEXT_STYLE,
    body: [
      `<h1>${escapeMarkup(name)}</h1>`,
      factTable(content.facts),
      section('curves', 'Learning curves', figures(content.curves.map(inlineSvg))),
      section('flow', 'Gradient flow', faint(FLOW_WORDS), ...inside.map(faint), figures(content.flow.map(inlineSvg))),
      section('samples', 'Samples', ...content.samples.map(drawnTexts)),
      surprisalSection(content),
      memory.markup,
      units.markup,
      section(
        'symbols',
        'Symbols in two dimensions',
        ...inside.map(faint),
        `<figure class="scroll">${wideSvg(content.symbols)}</figure>`,
      ),
      `<script type="application/json" id="data">${escapeScript(JSON.stringify({ units: units.data, memory: memory.data }))}</script>`,
    ],
    script: REPORT_SCRIPT,
  });
}

const FLOW_WORDS =
  'How the gradient of the loss at time t reaches back n steps: mean norms over positions of the text. A straight line downwards is exponential decay.';

function drawnTexts({ temperature, texts }: DrawnTexts): string {
  return `<h3>Temperature ${temperature}</h3>\n<pre class="text">${escapeMarkup(texts.join('\n'))}</pre>`;
}

function surprisalSection({ trace, shown, textName }: ReportContent): string {
  const known = trace.surprisals.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length / Math.LN2;
  return section(
    'surprisal',
    'Surprise',
    faint(
      `How surprised the model was by each symbol, −log₂ p in bits; the mean is ${mean.toFixed(2)}. It read ${textName}.`,
    ),
    '<p class="key faint"><span>0</span><i class="ramp surprise"></i><span>8 bits and more</span></p>',
    colouredText(trace, shown),
  );
}
