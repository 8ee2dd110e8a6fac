import { scaleLinear } from 'd3-scale';

/** An axis of a chart. The label includes the unit if there is one. */
export interface Axis {
  readonly label: string;
  readonly scale: 'linear' | 'log';
  /** Whether the values are whole numbers, so that labels between them say nothing. */
  readonly whole?: boolean;
  /** The smallest range that is shown. Points outside it make the range wider. */
  readonly include?: readonly number[];
}

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /**
   * `line` joins the points in their order. `rule` joins them by a thin line without markers, such as a bound or a diagonal. `points` draws
   * separate points. `labels` writes a word at each point.
   */
  readonly kind?: 'line' | 'rule' | 'points' | 'labels';
  /** A point of the series that gets a ring around it, and what it is: the legend says it after the name. */
  readonly ring?: { readonly at: Point; readonly label: string };
  /** The words, one for each point. */
  readonly labels?: readonly string[];
}

/** The name of a series in a legend. */
export function legendName({ name, ring }: Series): string {
  return ring ? `${name} (${ring.label})` : name;
}

/** A chart as data. It does not say how the chart is drawn: svg.ts draws it for pages, the command line in characters. */
export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

/** A place on an axis that has a label. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** An axis with a fixed range. It turns values into places in [0, 1], and has the labels. */
export interface Scale {
  readonly range: readonly [number, number];
  /** The place in [0, 1] of a value in the range. */
  place(value: number): number;
  readonly ticks: readonly Tick[];
}

/** A logarithmic axis with fewer powers of ten than this has labels at round numbers, not only at the powers of ten. */
const FEW_DECADES = 2;

/** An axis shows no number that is larger than this, nor a logarithmic axis one that is smaller than its inverse: a range would overflow. */
const LARGEST = 1e300;

/** True if an axis can show the number: it is not too large, and above 0 if the axis is logarithmic. */
function showable(value: number, { scale }: Axis): boolean {
  return Math.abs(value) <= LARGEST && (scale === 'linear' || value >= 1 / LARGEST);
}

/** The points of a series that both axes of the chart can show. */
export function visiblePoints({ x, y }: Chart, { points }: Series): Point[] {
  return points.filter((point) => showable(point[0], x) && showable(point[1], y));
}

/** The scale of the chart's x axis (0) or y axis (1), with about `count` ticks. The range is [0, 1] or [1, 10] if the chart has no point. */
export function scaleOf(chart: Chart, dimension: 0 | 1, count: number): Scale {
  const axis = dimension === 0 ? chart.x : chart.y;
  const values = chart.series.flatMap((series) => visiblePoints(chart, series).map((point) => point[dimension]));
  const range = extent([...values, ...(axis.include ?? [])], axis);
  if (axis.scale === 'log') return logarithmic(range, count);
  const scale = linear(range, count, dimension === 1);
  return axis.whole ? { ...scale, ticks: wholeTicks(range, count) } : scale;
}

/** Numbers that differ by a smaller share than this can't be told apart on an axis: rounding would misplace its ticks. */
const LEAST_SHARE = 1e-12;

function extent(values: readonly number[], { scale }: Axis): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return scale === 'log' ? [1, 10] : [0, 1];
  const isWide = high - low > Math.max(1 / LARGEST, LEAST_SHARE * Math.max(Math.abs(low), Math.abs(high)));
  if (isWide) return [low, high];
  const margin = Math.max(0.5, Math.abs(low) / 1e6);
  return scale === 'log' ? [low / 2, high * 2] : [low - margin, high + margin];
}

function linear(range: [number, number], count: number, nice: boolean): Scale {
  const scale = scaleLinear().domain(range);
  if (nice) scale.nice(count);
  const [low = 0, high = 1] = scale.domain();
  const format = scale.tickFormat(count);
  const ticks = scale.ticks(count).map((value) => ({ value, label: format(value) }));
  return { range: [low, high], place: (value) => (value - low) / (high - low), ticks };
}

/** Whole numbers at equal distances. */
function wholeTicks(range: readonly [number, number], count: number): readonly Tick[] {
  const scale = scaleLinear().domain(range);
  const format = (value: number): string => value.toLocaleString('en-US').replace('-', '−');
  return scale
    .ticks(Math.min(count, Math.max(1, range[1] - range[0])))
    .filter(Number.isInteger)
    .map((value) => ({ value, label: format(value) }));
}

function logarithmic(range: [number, number], count: number): Scale {
  const [low, high] = range.map(Math.log10) as [number, number];
  const place = (value: number): number => (Math.log10(value) - low) / (high - low);
  if (high - low < FEW_DECADES) return { range, place, ticks: roundTicks(range, count) };
  const step = Math.max(1, Math.ceil((high - low) / count));
  const ticks: Tick[] = [];
  for (let power = Math.ceil(low / step - 1e-9) * step; power <= high + 1e-9; power += step) {
    ticks.push({ value: 10 ** power, label: powerOfTen(power) });
  }
  return { range, place, ticks };
}

/** 1, 2 and 5 times powers of ten. If the range has fewer than two of these, evenly spaced numbers. */
function roundTicks(range: [number, number], count: number): readonly Tick[] {
  const [low, high] = range;
  const ticks: Tick[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const digit of [1, 2, 5]) {
      const value = Number(`${digit}e${power}`);
      if (value >= low && value <= high) ticks.push({ value, label: String(value) });
    }
  }
  return ticks.length > 1 ? ticks : linear(range, count, false).ticks;
}

/** A power of ten as a label: 0.01, 0.1, 1, 10 and 100 as they are, others in the form 10⁻⁵. */
function powerOfTen(power: number): string {
  if (power >= -2 && power <= 2) return String(10 ** power);
  return `10${[...String(power)].map((digit) => SUPERSCRIPTS[digit] ?? digit).join('')}`;
}

const SUPERSCRIPTS: Readonly<Record<string, string>> = {
  '-': '⁻',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
};
