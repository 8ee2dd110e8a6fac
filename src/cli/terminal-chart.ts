import { type Point as PlotPoint, plot } from 'simple-ascii-chart';
import { type Chart, legendName, type Scale, type Series, scaleOf, visiblePoints } from '../insight/chart.ts';
import { styleOf } from '../insight/series-style.ts';
import { truncate, wrap } from './fit.ts';
import { paint } from './output.ts';

/** Rows of the plot alone; of columns, as many as the terminal has, up to so many. */
const HEIGHT = 16;
const WIDTH = { default: 72, least: 24, most: 110 };

/** Columns beside the plot: labels and the axis. */
const BESIDE = 12;

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

/** A cell of the plot, and the number of the series that is drawn there. */
interface Cell {
  readonly text: string;
  readonly series: number;
}

const EMPTY: Cell = { text: ' ', series: -1 };

/** The rows of the plot alone, `width` columns wide: each series is drawn over those before it. */
function drawSeries(chart: Chart, x: Scale, y: Scale, width: number): string[] {
  const cells = Array.from({ length: HEIGHT }, () => Array<Cell>(width).fill(EMPTY));
  for (const [series, one] of chart.series.entries()) {
    const points = visiblePoints(chart, one).map(([px, py]): PlotPoint => [x.place(px), y.place(py)]);
    if (points.length === 0) continue;
    const isMarked = chart.series.length > 1 && !hasColours();
    for (const [row, drawn] of drawOne(one, points, width).entries()) {
      for (const [column, text] of [...drawn].slice(0, width).entries()) {
        if (text !== ' ') cells[row]![column] = { text: isMarked ? styleOf(series).mark : text, series };
      }
    }
  }
  return cells.map(paintRow);
}

/** Whether the terminal has enough colours to tell the series apart by them alone: sixteen are too few. */
function hasColours(): boolean {
  return paint.level > 1;
}

/** Paints cells that stand side by side together. */
function paintRow(cells: readonly Cell[]): string {
  const runs: Cell[] = [];
  for (const cell of cells) {
    const last = runs.at(-1);
    if (last?.series === cell.series) runs.splice(-1, 1, { ...last, text: last.text + cell.text });
    else runs.push(cell);
  }
  return runs.map(({ text, series }) => (series < 0 ? text : paint.hex(styleOf(series).dark)(text))).join('');
}

/** The rows of one series, without colour. */
function drawOne(series: Series, points: readonly PlotPoint[], width: number): string[] {
  // The library sets its last column and its lowest row apart: there is one of each more than is shown.
  const frame: PlotPoint[] = [
    [0, -1 / (HEIGHT - 1)],
    [1 + 1 / width, 1],
  ];
  const drawing = plot([frame, lineOf(series, points, width) ?? frame], {
    width: width + 1,
    height: HEIGHT + 1,
    yRange: [frame[0]![1], 1],
    color: [FRAME.tag, isDotted(series.kind) ? FRAME.tag : SHOWN.tag],
    points: isDotted(series.kind) ? points.map(([px, py]) => ({ x: px, y: py, color: SHOWN.tag })) : [],
    hideXAxis: true,
    hideYAxis: true,
    hideXAxisTicks: true,
    hideYAxisTicks: true,
  });
  return drawing
    .split('\n')
    .slice(1, HEIGHT + 1)
    .map(withoutFrame);
}

/** Of a line from corner to corner that isn't shown: it makes the library draw the whole of the scales' ranges. Colours tell it from the series. */
const FRAME = { tag: 'ansiBlack', code: '30' } as const;
const SHOWN = { tag: 'ansiWhite' } as const;

function withoutFrame(row: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the library's colours are what it looks for
  return row.replace(/\u001b\[(\d+)m([^\u001b]*)\u001b\[0m/g, (_, code: string, text: string) =>
    code === FRAME.code ? ' '.repeat([...text].length) : text,
  );
}

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

function legend({ series }: Chart, columns: number): string[] {
  if (series.length < 2) return [];
  const entries = series.map((one, index) => {
    const { dark, mark } = styleOf(index);
    const drawn = isDotted(one.kind) ? '●' : '━━';
    const name = truncate(legendName(one), columns - 3);
    return `${paint.hex(dark)(hasColours() ? drawn : mark)} ${name}`;
  });
  return wrap(entries, '   ', columns);
}
