import type { Chart } from './chart.ts';
import { colouredText, TEXT_STYLE } from './coloured-text.ts';
import { escapeMarkup, escapeScript } from './escape.ts';
import { figures, renderPage } from './page.ts';
import { REPORT_SCRIPT } from './report-script.ts';
import { inlineSvg } from './svg.ts';
import type { Trace } from './trace.ts';
import type { UnitRank } from './units.ts';

/** Texts drawn at one temperature. */
export interface DrawnTexts {
  readonly temperature: number;
  readonly texts: readonly string[];
}

/** All that a report shows. Words in it may come from a checkpoint or a text, and are taken for words only. */
export interface ReportContent {
  readonly name: string;
  /** What the run was, by name. */
  readonly facts: readonly (readonly [string, string])[];
  readonly curves: readonly Chart[];
  readonly flow: readonly Chart[];
  readonly samples: readonly DrawnTexts[];
  /** What the text is: "the validation part of book.txt". */
  readonly textName: string;
  readonly trace: Trace;
  /** How each symbol of the trace is shown. */
  readonly shown: readonly string[];
  /** Symbols that the correlations are over, from the trace's first. */
  readonly correlated: number;
  readonly units: readonly UnitRank[];
  /** Units of a layer. */
  readonly hidden: number;
  readonly symbols: Chart;
  /** Of an ensemble: what of it was looked into. */
  readonly inside?: string | undefined;
}

/** Units in the table of the most interpretable. */
const LISTED_UNITS = 24;

/** Units whose activations the page holds, the most interpretable: a byte for each symbol shown. */
const MOST_UNITS = 1024;

/** Full of colour, where activations are scaled to bytes. */
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
      section('curves', 'Learning curves', figures(content.curves.map(inlineSvg))),
      section('flow', 'Gradient flow', FLOW_WORDS, ...inside(content), figures(content.flow.map(inlineSvg))),
      section('samples', 'Samples', ...content.samples.map(drawnTexts)),
      surprisalSection(content),
      unitSection(content),
      section(
        'symbols',
        'Symbols in two dimensions',
        ...inside(content),
        `<figure>${inlineSvg(content.symbols)}</figure>`,
      ),
      `<script type="application/json" id="data">${escapeScript(JSON.stringify(activationData(content)))}</script>`,
    ],
    script: REPORT_SCRIPT,
  });
}

/** Said where one network of an ensemble is shown. */
function inside({ inside: which }: ReportContent): string[] {
  return which === undefined ? [] : [`<p class="faint">${escapeMarkup(which)}</p>`];
}

const FLOW_WORDS =
  '<p class="faint">How the gradient of the loss at time t reaches back n steps: mean norms over positions of the text. Straight lines down are exponential decay.</p>';

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
  const rows = units
    .slice(0, LISTED_UNITS)
    .map(
      ({ layer, unit, feature, correlation }, rank) =>
        `<tr><td><button type="button" data-rank="${rank}">${layer} / ${unit}</button></td><td>${escapeMarkup(feature)}</td><td class="number">${signed(correlation)}</td></tr>`,
    );
  return section(
    'units',
    'What units track',
    `<p class="faint">Pick a unit, and the text takes the colour of its activation after each symbol. Units are in the order of their largest correlation r with a simple feature of the text, over ${correlated} symbols.</p>`,
    ...inside(content),
    '<noscript><p>Picking a unit needs JavaScript.</p></noscript>',
    '<p class="picker"><button type="button" id="before" aria-label="Previous unit">←</button>',
    `<select id="unit" aria-label="Unit">${options.join('')}</select>`,
    '<button type="button" id="after" aria-label="Next unit">→</button></p>',
    '<p class="key faint"><span id="least">−1</span><i class="ramp activation"></i><span id="most">1</span></p>',
    '<pre class="text" id="activation"></pre>',
    `<h3>The most interpretable units</h3><div class="scroll"><table><tr><th>layer / unit</th><th>goes along with</th><th class="number">r</th></tr>${rows.join('')}</table></div>`,
  );
}

function unitText({ layer, unit, feature, correlation }: UnitRank): string {
  const along = feature === '' ? 'never changes' : `${feature}, r = ${signed(correlation)}`;
  return `layer ${layer}, unit ${unit}: ${along}`;
}

/** With a minus sign, not a hyphen. */
function signed(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

/** Of each unit in order: its largest |activation| in the text shown, and its activations as shares of it in bytes, base64. */
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
