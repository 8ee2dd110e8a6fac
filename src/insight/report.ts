import type { Chart } from './chart.ts';
import { colouredText, TEXT_STYLE } from './coloured-text.ts';
import { escapeMarkup, escapeScript } from './escape.ts';
import { figures, renderPage } from './page.ts';
import { REPORT_SCRIPT } from './report-script.ts';
import { inlineSvg } from './svg.ts';
import type { Trace } from './trace.ts';
import { bestOfEachFeature, type UnitRank } from './units.ts';

/** Samples that were drawn at one temperature. */
export interface DrawnTexts {
  readonly temperature: number;
  readonly texts: readonly string[];
}

/** Everything that a report shows. Its texts may come from a checkpoint or a file, so they are always escaped. */
export interface ReportContent {
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
  /** The correlations are over this many symbols, from the first of the trace on. */
  readonly correlated: number;
  readonly units: readonly UnitRank[];
  /** The number of units in a layer. */
  readonly hidden: number;
  readonly symbols: Chart;
  /** For an ensemble, a sentence that says which member is shown. */
  readonly inside?: string | undefined;
}

/** The number of units of each feature in the table of the most interpretable ones. */
const LISTED_UNITS = 3;

/** The page holds the activations of this many units, the most interpretable ones: one byte for each symbol that is shown. */
const MOST_UNITS = 1024;

/** The byte that stands for the largest |activation| of a unit. */
const FULL = 127;

/** The report as one HTML page that loads nothing. */
export function renderReport(content: ReportContent): string {
  const { name } = content;
  return renderPage({
    title: `${name}: what the network has learned`,
    style: TEXT_STYLE,
    body: [
      `<h1>${escapeMarkup(name)}</h1>`,
      factTable(content.facts),
      section('curves', 'Learning curves', figures(content.curves.map((chart) => inlineSvg(chart)))),
      section(
        'flow',
        'Gradient flow',
        FLOW_WORDS,
        ...inside(content),
        figures(content.flow.map((chart) => inlineSvg(chart))),
      ),
      section('samples', 'Samples', ...content.samples.map(drawnTexts)),
      surprisalSection(content),
      unitSection(content),
      section(
        'symbols',
        'Symbols in two dimensions',
        ...inside(content),
        `<figure class="scroll">${inlineSvg(content.symbols, true)}</figure>`,
      ),
      `<script type="application/json" id="data">${escapeScript(JSON.stringify(activationData(content)))}</script>`,
    ],
    script: REPORT_SCRIPT,
  });
}

/** The sentence that says which member of an ensemble is shown, as markup. Empty if the model is not an ensemble. */
function inside({ inside: which }: ReportContent): string[] {
  return which === undefined ? [] : [`<p class="faint">${escapeMarkup(which)}</p>`];
}

const FLOW_WORDS =
  '<p class="faint">How the gradient of the loss at time t reaches back n steps: mean norms over positions of the text. A straight line downwards is exponential decay.</p>';

function section(id: string, title: string, ...parts: readonly string[]): string {
  return `<section id="${id}"><h2>${title}</h2>\n${parts.join('\n')}\n</section>`;
}

function factTable(facts: ReportContent['facts']): string {
  const rows = facts.map(([name, value]) => `<tr><th>${escapeMarkup(name)}</th><td>${escapeMarkup(value)}</td></tr>`);
  return `<div class="scroll"><table class="facts">${rows.join('')}</table></div>`;
}

function drawnTexts({ temperature, texts }: DrawnTexts): string {
  return `<h3>Temperature ${temperature}</h3>\n<pre class="text">${escapeMarkup(texts.join('\n'))}</pre>`;
}

function surprisalSection({ trace, shown, textName }: ReportContent): string {
  const known = trace.surprisals.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length / Math.LN2;
  return section(
    'surprisal',
    'Surprise',
    `<p class="faint">How surprised the model was by each symbol, −log₂ p in bits; the mean is ${mean.toFixed(2)}. ${escapeMarkup(textName)}.</p>`,
    '<p class="key faint"><span>0</span><i class="ramp surprise"></i><span>8 bits and more</span></p>',
    colouredText(trace, shown),
  );
}

function unitSection(content: ReportContent): string {
  const { units, correlated } = content;
  const options = units
    .slice(0, MOST_UNITS)
    .map((unit, rank) => `<option value="${rank}">${escapeMarkup(unitText(unit))}</option>`);
  const rows = bestOfEachFeature(units.slice(0, MOST_UNITS), LISTED_UNITS).map(
    (one) =>
      `<tr><td><button type="button" data-rank="${units.indexOf(one)}">${one.layer} / ${one.unit}</button></td><td>${escapeMarkup(one.feature)}</td><td class="number">${signed(one.correlation)}</td></tr>`,
  );
  return section(
    'units',
    'What units track',
    `<p class="faint">Pick a unit. The text is then coloured by the activation of that unit after each symbol. Units are sorted by their largest correlation r with a simple feature of the text, measured over ${correlated} symbols. The correlation is among places with the same symbol: what the symbol itself says, such as that it is a capital letter, needs no memory and counts for nothing.</p>`,
    ...inside(content),
    '<noscript><p>Picking a unit needs JavaScript.</p></noscript>',
    '<p class="picker"><button type="button" id="before" aria-label="Previous unit">←</button>',
    `<select id="unit" aria-label="Unit">${options.join('')}</select>`,
    '<button type="button" id="after" aria-label="Next unit">→</button></p>',
    '<p class="key faint"><span id="least">−1</span><i class="ramp activation"></i><span id="most">1</span></p>',
    '<pre class="text" id="activation"></pre>',
    `<h3>The most interpretable units</h3><p class="faint">At most ${LISTED_UNITS} for each feature.</p><div class="scroll"><table><tr><th>layer / unit</th><th>correlates with</th><th class="number">r</th></tr>${rows.join('')}</table></div>`,
  );
}

function unitText({ layer, unit, feature, correlation }: UnitRank): string {
  const along = feature === '' ? 'tracks no feature' : `${feature}, r = ${signed(correlation)}`;
  return `layer ${layer}, unit ${unit}: ${along}`;
}

/** A number with a minus sign instead of a hyphen. */
function signed(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

/**
 * For each unit in order: the largest |activation| in the text that is shown, and all its activations as shares of that number, one byte
 * each, in base64.
 */
function activationData({ trace, shown, units }: ReportContent): { scales: number[]; activations: string[] } {
  const scales: number[] = [];
  const activations = units.slice(0, MOST_UNITS).map(({ index }) => {
    const values = shown.map((_, at) => trace.activations[at * trace.units + index]!);
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    scales.push(Number(scale.toPrecision(4)));
    return Buffer.from(
      Int8Array.from(values, (value) => (scale > 0 ? Math.round((FULL * value) / scale) : 0)).buffer,
    ).toString('base64');
  });
  return { scales, activations };
}
