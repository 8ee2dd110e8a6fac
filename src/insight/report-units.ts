import { escapeMarkup } from './escape.ts';
import type { Followed } from './followed.ts';
import type { GateTrace } from './gate-trace.ts';
import { base64, faint, type InteractiveSection, needsScript, section } from './report-section.ts';
import { bestOfEachFeature, type UnitRank } from './units.ts';

/** The number of units of each feature in the table of the most interpretable ones. */
const LISTED_UNITS = 3;

/** The most units in the picker, and the most bytes of all their gates and states: one for each symbol that is shown. */
const MOST_UNITS = 1024;
const MOST_BYTES = 3 * 2 ** 20;

/** The bytes that stand for a gate that is open, and for the largest |value| of a state. */
const OPEN = 255;
const FULL = 127;

/** How many units a page has room for, the most interpretable first. */
export function unitsThatFit(symbols: number, followed: readonly Followed[]): number {
  return Math.min(MOST_UNITS, Math.max(1, Math.floor(MOST_BYTES / (symbols * followed.length))));
}

/** What the page needs to colour the text by a gate or state of a unit. */
interface UnitData {
  readonly followed: readonly Pick<Followed, 'name' | 'isGate'>[];
  /** Which of these is shown first: the state that units are sorted by. */
  readonly first: number;
  /** For each unit and each of these, the largest |value|; 1 for a gate. */
  readonly scales: readonly (readonly number[])[];
  /** For each unit and each of these, a byte for each symbol, in base64: signed for a state. */
  readonly values: readonly (readonly string[])[];
}

export interface UnitContent {
  /** All units, sorted. */
  readonly units: readonly UnitRank[];
  /** Of the first of these units. */
  readonly gates: GateTrace;
  /** The correlations are over this many symbols. */
  readonly correlated: number;
}

/** A picker of units and of their gates, which colours the text, and a table of the most interpretable units. */
export function unitSection(content: UnitContent, notes: readonly string[]): InteractiveSection {
  const { units, gates, correlated } = content;
  const picked = units.slice(0, gates.values.length);
  const data = unitData(gates);
  const extent =
    picked.length < units.length ? ` The picker has the first ${picked.length} of ${units.length} units.` : '';
  return {
    markup: section(
      'units',
      'What units track',
      faint(
        `Pick a unit, and one of its gates (from 0, shut, to 1, open) or states. The text is then coloured by its value after each symbol. Units are sorted by the largest correlation r of their activation (tanh C of an LSTM, h of other cells) with a simple feature of the text, measured over ${correlated} symbols. The correlation is among places with the same symbol: what the symbol itself says, such as that it is a capital letter, needs no memory and counts for nothing.${extent}`,
      ),
      ...notes.map(faint),
      needsScript('Picking a unit'),
      '<p class="picker"><button type="button" id="before" aria-label="Previous unit">←</button>',
      `<select id="unit" aria-label="Unit">${options(picked.map(unitText), 0)}</select>`,
      '<button type="button" id="after" aria-label="Next unit">→</button>',
      `<select id="gate" aria-label="Gate or state">${options(
        gates.followed.map(({ name, meaning }) => `${name}: ${meaning}`),
        data.first,
      )}</select></p>`,
      '<p class="key faint"><span id="least"></span><i class="ramp" id="ramp"></i><span id="most"></span></p>',
      '<pre class="text" id="activation"></pre>',
      '<p class="faint" id="range" role="status"></p>',
      '<h3>The most interpretable units</h3>',
      faint(`At most ${LISTED_UNITS} for each feature.`),
      unitTable(picked),
    ),
    data,
  };
}

function options(names: readonly string[], selected: number): string {
  return names
    .map((name, at) => `<option value="${at}"${at === selected ? ' selected' : ''}>${escapeMarkup(name)}</option>`)
    .join('');
}

function unitTable(units: readonly UnitRank[]): string {
  const rows = bestOfEachFeature(units, LISTED_UNITS).map(
    (one) =>
      `<tr><td><button type="button" data-rank="${units.indexOf(one)}">${one.layer} / ${one.unit}</button></td><td>${escapeMarkup(one.feature)}</td><td class="number">${signed(one.correlation)}</td></tr>`,
  );
  return `<div class="scroll"><table><tr><th>layer / unit</th><th>correlates with</th><th class="number">r</th></tr>${rows.join('')}</table></div>`;
}

function unitText({ layer, unit, feature, correlation }: UnitRank): string {
  const along = feature === '' ? 'tracks no feature' : `${feature}, r = ${signed(correlation)}`;
  return `layer ${layer}, unit ${unit}: ${along}`;
}

/** A number with a minus sign instead of a hyphen. */
function signed(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

function unitData({ followed, values }: GateTrace): UnitData {
  const scales = values.map((unit) => unit.map((its, which) => (followed[which]!.isGate ? 1 : largest(its))));
  return {
    followed: followed.map(({ name, isGate }) => ({ name, isGate })),
    first: followed.findIndex(({ key }) => key === (followed.some((each) => each.key === 'c') ? 'c' : 'h')),
    scales,
    values: values.map((unit, rank) =>
      unit.map((its, which) =>
        base64(followed[which]!.isGate ? gateBytes(its) : stateBytes(its, scales[rank]![which]!)),
      ),
    ),
  };
}

function largest(values: Float32Array): number {
  return Number(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0).toPrecision(4));
}

function gateBytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.map((value) => Math.round(OPEN * value)));
}

function stateBytes(values: Float32Array, scale: number): Int8Array {
  const byteOf = (value: number): number => Math.max(-FULL, Math.min(FULL, Math.round((FULL * value) / scale)));
  return new Int8Array(values.map((value) => (scale > 0 ? byteOf(value) : 0)));
}
