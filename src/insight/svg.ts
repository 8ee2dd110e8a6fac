import {
  line,
  type SymbolType,
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from 'd3-shape';
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

/**
 * How a reader distinguishes the series: by colour (the colours of Okabe & Ito, which colour-blind readers can tell apart), and in grey
 * by dashes and markers. With more series than styles, the styles repeat.
 */
const STYLES: readonly { readonly colour: string; readonly dash: string; readonly marker: SymbolType }[] = [
  { colour: '#0072b2', dash: '', marker: symbolCircle },
  { colour: '#d55e00', dash: '7 3', marker: symbolSquare },
  { colour: '#009e73', dash: '2 2', marker: symbolTriangle },
  { colour: '#cc79a7', dash: '9 3 2 3', marker: symbolDiamond },
  { colour: '#e69f00', dash: '4 2', marker: symbolStar },
  { colour: '#56b4e9', dash: '12 3', marker: symbolCross },
  { colour: '#555555', dash: '3 4', marker: symbolWye },
];

const WIDTH = 640;
const HEIGHT = 366;
const MARGIN = { top: 34, right: 18, bottom: 54, left: 66 };
const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
const LEGEND_ROW = 20;
/** The approximate width of a character in the legend, and the width of the piece of line before a name. */
const CHARACTER = 6.6;
const SAMPLE = 34;

/** The number of markers along a line: enough to recognise the line, and not so many that they cover it. */
const MARKERS = 9;
const FONT = 'font-family="system-ui, sans-serif" font-size="12"';

const MARKER_AREA = 34;
const DOT_AREA = 22;

/** A series of at most `most` points without a line, such as fixed points, has larger dots: `area` is the area of one. */
const FEW_DOTS = { most: 12, area: 80 };

/** Charts one below another, as an SVG file for paper: 640 wide, on white. */
export function toSvg(charts: readonly Chart[]): string {
  const heights = charts.map(heightOf);
  const total = heights.reduce((sum, height) => sum + height, 0);
  let top = 0;
  const drawings = heights.map((height, index) => {
    const drawing = `<svg y="${top}" width="${WIDTH}" height="${height}">\n${marks(charts[index]!)}\n</svg>`;
    top += height;
    return drawing;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${total}" viewBox="0 0 ${WIDTH} ${total}" ${FONT} color="#222222">`,
    `<rect width="${WIDTH}" height="${total}" fill="#ffffff"/>`,
    ...drawings,
    '</svg>\n',
  ].join('\n');
}

/** A chart for a page. It takes the full width, has the text colour of the page, and has no background. */
export function inlineSvg(chart: Chart): string {
  const label = escapeMarkup(chart.title);
  return `<svg viewBox="0 0 ${WIDTH} ${heightOf(chart)}" role="img" aria-label="${label}" ${FONT}>\n${marks(chart)}\n</svg>`;
}

function heightOf({ series }: Chart): number {
  return HEIGHT + LEGEND_ROW * legendRows(series).length;
}

function marks(chart: Chart): string {
  const x = scaleOf(chart, 0, 8);
  const y = scaleOf(chart, 1, 6);
  const middle = { x: PLOT.width / 2, y: PLOT.height / 2 };
  const legend = legendRows(chart.series).flatMap((row, index) =>
    row.map((entry) => legendEntry(entry, HEIGHT + LEGEND_ROW * index)),
  );
  return [
    text(chart.title, `x="${MARGIN.left}" y="20" font-size="14" font-weight="600"`),
    `<g transform="translate(${MARGIN.left} ${MARGIN.top})">`,
    ...x.ticks.map((tick) => xTick(tick, x)),
    ...y.ticks.map((tick) => yTick(tick, y)),
    `<path class="axes" d="M0 0V${PLOT.height}H${PLOT.width}" fill="none" stroke="currentColor"/>`,
    text(chart.x.label, `class="x-label" x="${middle.x}" y="${PLOT.height + 38}" text-anchor="middle"`),
    text(
      chart.y.label,
      `class="y-label" transform="translate(${16 - MARGIN.left} ${middle.y}) rotate(-90)" text-anchor="middle"`,
    ),
    ...chart.series.map((series, index) => seriesMarks(series, index, visiblePoints(chart, series), x, y)),
    '</g>',
    ...legend,
  ].join('\n');
}

function text(content: string, attributes: string): string {
  return `<text ${attributes} fill="currentColor">${escapeMarkup(content)}</text>`;
}

function xTick({ value, label }: Tick, scale: Scale): string {
  const at = round(PLOT.width * scale.place(value));
  return (
    `<g class="x-tick" transform="translate(${at} 0)"><path d="M0 0V${PLOT.height}" stroke="currentColor" stroke-opacity="0.12"/>` +
    `<text y="${PLOT.height + 18}" text-anchor="middle" fill="currentColor">${label}</text></g>`
  );
}

function yTick({ value, label }: Tick, scale: Scale): string {
  const at = round(PLOT.height * (1 - scale.place(value)));
  return (
    `<g class="y-tick" transform="translate(0 ${at})"><path d="M0 0H${PLOT.width}" stroke="currentColor" stroke-opacity="0.12"/>` +
    `<text x="-8" dy="0.35em" text-anchor="end" fill="currentColor">${label}</text></g>`
  );
}

function seriesMarks(series: Series, index: number, points: readonly Point[], x: Scale, y: Scale): string {
  const { colour } = styleOf(index);
  const { kind = 'line', labels = [] } = series;
  const places = points.map(([px, py]): Point => [PLOT.width * x.place(px), PLOT.height * (1 - y.place(py))]);
  const joined = kind === 'line' || kind === 'rule';
  const every = joined ? Math.max(1, Math.ceil(places.length / MARKERS)) : 1;
  const marked = places.filter((_, place) => place % every === 0 || place === places.length - 1);
  return [
    `<g class="series series-${index}"><title>${escapeMarkup(series.name)}</title>`,
    joined ? linePath(places, index, kind === 'rule' ? 1.25 : 2) : '',
    ...(kind === 'line' || kind === 'points' ? marked : []).map((place) =>
      marker(place, index, areaOf(kind, places.length)),
    ),
    ...(kind === 'labels' ? places : []).map(
      ([left, top], place) =>
        `<text x="${round(left)}" y="${round(top)}" dy="0.35em" text-anchor="middle" fill="${colour}">${escapeMarkup(labels[place] ?? '')}</text>`,
    ),
    ringMark(series, index, x, y),
    '</g>',
  ].join('');
}

function ringMark({ ring }: Series, index: number, x: Scale, y: Scale): string {
  if (!ring) return '';
  const [left, top] = [PLOT.width * x.place(ring.at[0]), PLOT.height * (1 - y.place(ring.at[1]))];
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
  const { colour, marker: shape } = styleOf(index);
  const path = symbol(shape, area).digits(2)() ?? '';
  return `<path class="mark" transform="translate(${round(left)} ${round(top)})" d="${path}" fill="${colour}"/>`;
}

interface LegendEntry {
  readonly series: Series;
  readonly index: number;
  readonly x: number;
}

/** The legend, in rows as full as the width allows. A chart of one series has no legend. */
function legendRows(series: readonly Series[]): LegendEntry[][] {
  if (series.length < 2) return [];
  const rows: LegendEntry[][] = [];
  let right = Number.POSITIVE_INFINITY;
  for (const [index, one] of series.entries()) {
    const width = SAMPLE + CHARACTER * legendName(one).length + 20;
    if (right + width > WIDTH - MARGIN.right) {
      rows.push([]);
      right = MARGIN.left;
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
    `<g class="legend series-${index}" transform="translate(${round(x)} ${y})">`,
    kind === 'line' || kind === 'rule' ? linePath(sample, index, 2) : '',
    kind === 'rule' ? '' : marker([13, 0], index, MARKER_AREA),
    `<text x="${SAMPLE}" dy="0.35em" fill="currentColor">${escapeMarkup(legendName(series))}</text></g>`,
  ].join('');
}

function styleOf(index: number): (typeof STYLES)[number] {
  return STYLES[index % STYLES.length]!;
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
