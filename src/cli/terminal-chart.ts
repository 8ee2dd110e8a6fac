import { type Color, type Point as PlotPoint, plot } from 'simple-ascii-chart';
import { type Chart, legendName, type Scale, type Series, scaleOf, visiblePoints } from '../insight/chart.ts';
import { truncate, wrap } from './fit.ts';
import { paint } from './output.ts';

/** Rows of the plot alone; of columns, as many as the terminal has, up to so many. */
const HEIGHT = 16;
const WIDTH = { default: 72, least: 24, most: 110 };

/** Columns beside the plot: labels and the axis. */
const BESIDE = 12;

/**
 * How series are told apart. The library draws in its own eight colours; they are taken for the series' numbers, and painted anew in Okabe
 * and Ito's, or, where there is no colour, replaced by marks.
 */
const STYLES: readonly { readonly tag: Color; readonly code: string; readonly hex: string; readonly mark: string }[] = [
  { tag: 'ansiBlue', code: '34', hex: '#56b4e9', mark: '●' },
  { tag: 'ansiRed', code: '31', hex: '#d55e00', mark: '▲' },
  { tag: 'ansiGreen', code: '32', hex: '#009e73', mark: '■' },
  { tag: 'ansiMagenta', code: '35', hex: '#cc79a7', mark: '◆' },
  { tag: 'ansiYellow', code: '33', hex: '#e69f00', mark: '○' },
  { tag: 'ansiCyan', code: '36', hex: '#0072b2', mark: '△' },
  { tag: 'ansiWhite', code: '37', hex: '#bbbbbb', mark: '□' },
];

/** A chart in characters: its title, the plot in its axes, the x axis's label, and a legend where there is more than one series. */
export function terminalChart(chart: Chart, columns = process.stdout.columns || WIDTH.default + BESIDE): string {
  const width = Math.max(WIDTH.least, Math.min(WIDTH.most, columns - BESIDE));
  const x = scaleOf(chart, 0, Math.max(2, Math.floor(width / 12)));
  const y = scaleOf(chart, 1, 6);
  const words = `${chart.title}: ${chart.y.label}`.split(' ');
  const title = wrap(words, ' ', columns)
    .map((line) => paint.bold(line))
    .join('\n');
  if (chart.series.every((series) => visiblePoints(chart, series).length === 0)) return `${title}\n(no points)`;
  const rows = drawSeries(chart, x, y, width);
  const labels = rowLabels(y);
  const gutter = Math.max(...labels.map((label) => label.length));
  const plotted = rows.map((row, index) => {
    const label = labels[index] ?? '';
    return `${label.padStart(gutter)}${label ? '┤' : '│'}${row}`.trimEnd();
  });
  const middle = gutter + 1 + Math.max(0, Math.floor((width - chart.x.label.length) / 2));
  return [
    title,
    ...plotted,
    ...xAxis(x, width, gutter),
    `${' '.repeat(middle)}${chart.x.label}`,
    ...legend(chart, columns),
  ].join('\n');
}

/** The rows of the plot alone, `width` columns wide. */
function drawSeries(chart: Chart, x: Scale, y: Scale, width: number): string[] {
  const places = chart.series.map((series) =>
    visiblePoints(chart, series).map(([px, py]): PlotPoint => [x.place(px), y.place(py)]),
  );
  // The library sets its last column and its lowest row apart: there is one of each more than is shown.
  const frame: PlotPoint[] = [
    [0, -1 / (HEIGHT - 1)],
    [1 + 1 / width, 1],
  ];
  const lines = places.map((points, index) => lineOf(chart.series[index]!, points, width) ?? frame);
  const drawing = plot([frame, ...lines], {
    width: width + 1,
    height: HEIGHT + 1,
    yRange: [frame[0]![1], 1],
    color: [FRAME_TAG, ...chart.series.map(({ kind }, index) => (isDotted(kind) ? FRAME_TAG : styleOf(index).tag))],
    points: places.flatMap((points, index) => dotsOf(chart.series[index]!, points, styleOf(index).tag)),
    hideXAxis: true,
    hideYAxis: true,
    hideXAxisTicks: true,
    hideYAxisTicks: true,
  });
  const rows = drawing.split('\n').slice(1, HEIGHT + 1);
  return rows.map((row) => repaint(row, chart.series.length));
}

/** Of a line from corner to corner that isn't shown: it makes the library draw the whole of the scales' ranges. */
const FRAME_TAG = 'ansiBlack';
const FRAME_CODE = '30';

/** A line, with points in every column: the library joins points by steps. Undefined where there is none. */
function lineOf({ kind }: Series, points: readonly PlotPoint[], width: number): PlotPoint[] | undefined {
  if (isDotted(kind) || points.length === 0) return undefined;
  const line: PlotPoint[] = [];
  for (const [index, [x, y]] of points.entries()) {
    line.push([x, y]);
    const next = points[index + 1];
    if (!next) break;
    const between = Math.floor(Math.abs(next[0] - x) * 4 * width);
    for (let step = 1; step < between; step++) {
      const share = step / between;
      line.push([x + share * (next[0] - x), y + share * (next[1] - y)]);
    }
  }
  return line;
}

function dotsOf(
  { kind }: Series,
  points: readonly PlotPoint[],
  color: Color,
): { x: number; y: number; color: Color }[] {
  return isDotted(kind) ? points.map(([x, y]) => ({ x, y, color })) : [];
}

/** Whether points aren't joined; words have no room in characters. */
function isDotted(kind: Series['kind']): boolean {
  return kind === 'points' || kind === 'labels';
}

/** The label of each row that has one, the top row first. */
function rowLabels({ ticks, place }: Scale): string[] {
  const labels = Array<string>(HEIGHT).fill('');
  for (const { value, label } of ticks) labels[Math.round((1 - place(value)) * (HEIGHT - 1))] = label;
  return labels;
}

/** The axis with its ticks, and their labels below, those that have room. */
function xAxis({ ticks, place }: Scale, width: number, gutter: number): string[] {
  const axis = Array<string>(width).fill('─');
  let labels = '';
  for (const { value, label } of ticks) {
    const column = Math.round(place(value) * (width - 1));
    const start = gutter + 1 + column - Math.floor((label.length - 1) / 2);
    axis[column] = '┬';
    if (start > labels.length || labels === '') labels = labels.padEnd(start) + label;
  }
  return [`${' '.repeat(gutter)}└${axis.join('')}`, labels];
}

/** A drawn row in this program's colours, or in marks. */
function repaint(row: string, series: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the library's colours are what it looks for
  return row.replace(/\u001b\[(\d+)m([^\u001b]*)\u001b\[0m/g, (_, code: string, text: string) => {
    if (code === FRAME_CODE) return ' '.repeat([...text].length);
    const style = STYLES.find((candidate) => candidate.code === code) ?? STYLES[0]!;
    if (paint.level > 0) return paint.hex(style.hex)(text);
    return series > 1 ? style.mark.repeat([...text].length) : text;
  });
}

function legend({ series }: Chart, columns: number): string[] {
  if (series.length < 2) return [];
  const entries = series.map((one, index) => {
    const { hex, mark } = styleOf(index);
    const name = truncate(legendName(one), columns - 3);
    return paint.level > 0 ? `${paint.hex(hex)('━━')} ${name}` : `${mark} ${name}`;
  });
  return wrap(entries, '   ', columns);
}

function styleOf(index: number): (typeof STYLES)[number] {
  return STYLES[index % STYLES.length]!;
}
