import { line, symbol } from 'd3-shape';
import {
  type Chart,
  legendName,
  type Point,
  type Scale,
  type Series,
  scaleOf,
  type Tick,
  visiblePoints,
} from './chart.ts';
import { escapeMarkup } from './escape.ts';
import { numberOfStyle, styleOf } from './series-style.ts';

/** How large a chart is drawn, in pixels of its own; a page scales it. */
interface Size {
  readonly width: number;
  readonly height: number;
  readonly font: number;
}

/** On paper, and where a chart has a row of a page for itself. */
const WIDE: Size = { width: 640, height: 366, font: 12 };

/** Beside another chart of a page, or on a phone: there it is not made so small that its text can't be read. */
const NARROW: Size = { width: 440, height: 320, font: 13 };

const EDGE = { top: 34, right: 18, bottom: 54 };
const LEGEND_ROW = 20;

/** The place of the y axis's title, from the left edge, and what is between it, the tick labels and the axis. */
const TITLE = { middle: 16, gap: 10 };

/** The approximate width of a character, as a share of the font's size; and the width of the piece of line before a name. */
const CHARACTER = 0.56;
const SAMPLE = 34;

/** The same share of a bold character, and the height of a line of the chart's title. */
const BOLD_CHARACTER = 0.62;
const TITLE_ROW = 18;

/** The number of markers along a line: enough to recognise the line, and not so many that they cover it. */
const MARKERS = 9;

const MARKER_AREA = 34;
const DOT_AREA = 22;

/** A series of at most `most` points without a line, such as fixed points, has larger dots: `area` is the area of one. */
const FEW_DOTS = { most: 12, area: 80 };

/** Charts one below another, as an SVG file for paper: 640 wide, on white. */
export function toSvg(charts: readonly Chart[]): string {
  const layouts = charts.map((chart) => layOut(chart, WIDE));
  const total = layouts.reduce((sum, { height }) => sum + height, 0);
  let top = 0;
  const drawings = layouts.map((layout) => {
    const { height } = layout;
    const drawing = `<svg y="${top}" width="${WIDE.width}" height="${height}">\n${marks(layout)}\n</svg>`;
    top += height;
    return drawing;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDE.width}" height="${total}" viewBox="0 0 ${WIDE.width} ${total}" ${fontOf(WIDE)} color="#222222">`,
    `<rect width="${WIDE.width}" height="${total}" fill="#ffffff"/>`,
    ...drawings,
    '</svg>\n',
  ].join('\n');
}

/** A chart for a page. It takes the full width, has the text colour of the page, and has no background. */
export function inlineSvg(chart: Chart): string {
  return drawInline(layOut(chart, NARROW));
}

/** The same for a chart with a row of the page for itself. A phone shows a part of it. */
export function wideSvg(chart: Chart): string {
  return drawInline(layOut(chart, WIDE));
}

function drawInline(layout: Layout): string {
  const { chart, size, height } = layout;
  const label = escapeMarkup(chart.title);
  return `<svg viewBox="0 0 ${size.width} ${height}" role="img" aria-label="${label}" ${fontOf(size)}>\n${marks(layout)}\n</svg>`;
}

/** Where the parts of a chart are. */
interface Layout {
  readonly chart: Chart;
  readonly size: Size;
  readonly x: Scale;
  readonly y: Scale;
  /** The left edge of the plot, and its size. */
  readonly left: number;
  readonly plot: { readonly width: number; readonly height: number };
  /** The title in lines, and what those after the first add to the height. */
  readonly title: readonly string[];
  readonly above: number;
  readonly legend: readonly (readonly LegendEntry[])[];
  /** With the title and the legend. */
  readonly height: number;
}

/** The tick labels of the y axis decide how much room is left of the plot, so that its title has a place of its own. */
function layOut(chart: Chart, size: Size): Layout {
  const [x, y] = [scaleOf(chart, 0, size.width / 80), scaleOf(chart, 1, 6)];
  const labels = Math.max(0, ...y.ticks.map(({ label }) => widthOf(label, size)));
  const left = Math.ceil(TITLE.middle + size.font / 2 + 2 * TITLE.gap + labels);
  const plot = { width: size.width - left - EDGE.right, height: size.height - EDGE.top - EDGE.bottom };
  const legend = legendRows(chart.series, left, size);
  const title = titleLines(chart.title, size.width - left, size);
  const above = TITLE_ROW * (title.length - 1);
  const height = size.height + above + LEGEND_ROW * legend.length;
  return { chart, size, x, y, left, plot, title, above, legend, height };
}

/** A title in lines that are about as wide as there is room. */
function titleLines(title: string, room: number, { font }: Size): string[] {
  const most = Math.floor(room / (BOLD_CHARACTER * (font + 2)));
  const lines: string[] = [];
  for (const word of title.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && [...longer].length <= most) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** About how wide a text is. */
function widthOf(content: string, { font }: Size): number {
  return CHARACTER * font * [...content].length;
}

function fontOf({ font }: Size): string {
  return `font-family="system-ui, sans-serif" font-size="${font}"`;
}

function marks(layout: Layout): string {
  const { chart, size, x, y, left, plot, above } = layout;
  const legend = layout.legend.flatMap((row, index) =>
    row.map((entry) => legendEntry(entry, size.height + above + LEGEND_ROW * index)),
  );
  return [
    ...layout.title.map((line, row) =>
      text(line, `x="${left}" y="${20 + TITLE_ROW * row}" font-size="${size.font + 2}" font-weight="600"`),
    ),
    `<g transform="translate(${left} ${EDGE.top + above})">`,
    ...x.ticks.map((tick) => xTick(tick, layout)),
    ...y.ticks.map((tick) => yTick(tick, layout)),
    `<path class="axes" d="M0 0V${plot.height}H${plot.width}" fill="none" stroke="currentColor"/>`,
    text(chart.x.label, `class="x-label" x="${round(plot.width / 2)}" y="${plot.height + 40}" text-anchor="middle"`),
    text(
      chart.y.label,
      `class="y-label" transform="translate(${TITLE.middle - left} ${plot.height / 2}) rotate(-90)" dy="0.35em" text-anchor="middle"`,
    ),
    ...chart.series.map((series, index) => seriesMarks(series, index, layout)),
    '</g>',
    ...legend,
  ].join('\n');
}

function text(content: string, attributes: string): string {
  return `<text ${attributes} fill="currentColor">${escapeMarkup(content)}</text>`;
}

function xTick({ value, label }: Tick, { x, plot }: Layout): string {
  const at = round(plot.width * x.place(value));
  return (
    `<g class="x-tick" transform="translate(${at} 0)"><path d="M0 0V${plot.height}" stroke="currentColor" stroke-opacity="0.12"/>` +
    `<text y="${plot.height + 18}" text-anchor="middle" fill="currentColor">${label}</text></g>`
  );
}

function yTick({ value, label }: Tick, { y, plot }: Layout): string {
  const at = round(plot.height * (1 - y.place(value)));
  return (
    `<g class="y-tick" transform="translate(0 ${at})"><path d="M0 0H${plot.width}" stroke="currentColor" stroke-opacity="0.12"/>` +
    `<text x="-8" dy="0.35em" text-anchor="end" fill="currentColor">${label}</text></g>`
  );
}

function seriesMarks(series: Series, index: number, layout: Layout): string {
  const { colour } = styleOf(index);
  const { kind = 'line', labels = [] } = series;
  const places = visiblePoints(layout.chart, series).map((point) => placeOf(point, layout));
  const joined = kind === 'line' || kind === 'rule';
  const every = joined ? Math.max(1, Math.ceil(places.length / MARKERS)) : 1;
  const marked = places.filter((_, place) => place % every === 0 || place === places.length - 1);
  return [
    `<g class="series series-${numberOfStyle(index)}"><title>${escapeMarkup(series.name)}</title>`,
    joined ? linePath(places, index, kind === 'rule' ? 1.25 : 2) : '',
    ...(kind === 'line' || kind === 'points' ? marked : []).map((place) =>
      marker(place, index, areaOf(kind, places.length)),
    ),
    ...(kind === 'labels' ? places : []).map(
      ([left, top], place) =>
        `<text x="${round(left)}" y="${round(top)}" dy="0.35em" text-anchor="middle" fill="${colour}">${escapeMarkup(labels[place] ?? '')}</text>`,
    ),
    ringMark(series, index, layout),
    '</g>',
  ].join('');
}

function placeOf([x, y]: Point, layout: Layout): Point {
  return [layout.plot.width * layout.x.place(x), layout.plot.height * (1 - layout.y.place(y))];
}

function ringMark({ ring }: Series, index: number, layout: Layout): string {
  if (!ring) return '';
  const [left, top] = placeOf(ring.at, layout);
  return `<circle class="ring" cx="${round(left)}" cy="${round(top)}" r="7" fill="none" stroke="${styleOf(index).colour}" stroke-width="2"/>`;
}

function linePath(places: readonly Point[], index: number, width: number): string {
  const { colour, dash } = styleOf(index);
  const path = line<Point>().digits(2)([...places]) ?? '';
  const dashes = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return `<path class="line" d="${path}" fill="none" stroke-linejoin="round" stroke="${colour}" stroke-width="${width}"${dashes}/>`;
}

function areaOf(kind: Series['kind'], count: number): number {
  if (kind === 'line') return MARKER_AREA;
  return count <= FEW_DOTS.most ? FEW_DOTS.area : DOT_AREA;
}

function marker([left, top]: Point, index: number, area: number): string {
  const { colour, marker: shape, isHollow } = styleOf(index);
  const path = symbol(shape, area).digits(2)() ?? '';
  const ink = isHollow ? `fill="none" stroke="${colour}" stroke-width="1.5"` : `fill="${colour}"`;
  return `<path class="mark" transform="translate(${round(left)} ${round(top)})" d="${path}" ${ink}/>`;
}

interface LegendEntry {
  readonly series: Series;
  readonly index: number;
  readonly x: number;
}

/** The legend, in rows as full as the width allows. A chart of one series has no legend. */
function legendRows(series: readonly Series[], left: number, size: Size): LegendEntry[][] {
  if (series.length < 2) return [];
  const rows: LegendEntry[][] = [];
  let right = Number.POSITIVE_INFINITY;
  for (const [index, one] of series.entries()) {
    const width = SAMPLE + widthOf(legendName(one), size) + 20;
    if (right + width > size.width - EDGE.right) {
      rows.push([]);
      right = left;
    }
    rows.at(-1)?.push({ series: one, index, x: right });
    right += width;
  }
  return rows;
}

function legendEntry({ series, index, x }: LegendEntry, y: number): string {
  const { kind = 'line' } = series;
  const sample: Point[] = [
    [0, 0],
    [26, 0],
  ];
  return [
    `<g class="legend series-${numberOfStyle(index)}" transform="translate(${round(x)} ${y})">`,
    kind === 'line' || kind === 'rule' ? linePath(sample, index, 2) : '',
    kind === 'rule' ? '' : marker([13, 0], index, MARKER_AREA),
    `<text x="${SAMPLE}" dy="0.35em" fill="currentColor">${escapeMarkup(legendName(series))}</text></g>`,
  ].join('');
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
