import { scaleLinear } from 'd3-scale';

/** An axis of a chart. Its label has the unit, where there is one. */
export interface Axis {
  readonly label: string;
  readonly scale: 'linear' | 'log';
  /** The least range to be shown; points outside it widen it. */
  readonly include?: readonly number[];
}

export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /**
   * `line` joins the points, in their order; `rule` does, too, thin and without markers: a bound, a diagonal; `points` doesn't; `labels`
   * writes a word at each point.
   */
  readonly kind?: 'line' | 'rule' | 'points' | 'labels';
  /** The words, as many as points. */
  readonly labels?: readonly string[];
}

/** A picture of numbers, before anything decides how it is drawn. */
export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

/** A place on an axis that is labelled. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** An axis with its range settled: from numbers to places in [0, 1], and what is to be written beside it. */
export interface Scale {
  readonly range: readonly [number, number];
  /** Place in [0, 1] of a value in the range. */
  place(value: number): number;
  readonly ticks: readonly Tick[];
}

/** Decades of a logarithmic axis below which round numbers are labelled, and not the powers of ten. */
const FEW_DECADES = 2;

/** Whether a number can be shown on an axis: it is finite, and on a logarithmic one above 0. */
export function showable(value: number, { scale }: Axis): boolean {
  return Number.isFinite(value) && (scale === 'linear' || value > 0);
}

/** The points of a series that both axes can show. */
export function visiblePoints({ x, y }: Chart, { points }: Series): Point[] {
  return points.filter((point) => showable(point[0], x) && showable(point[1], y));
}

/** The scale of the chart's x axis (0) or y axis (1), with some `count` ticks. A chart without a point gets a range of [0, 1] or [1, 10]. */
export function scaleOf(chart: Chart, dimension: 0 | 1, count: number): Scale {
  const axis = dimension === 0 ? chart.x : chart.y;
  const values = chart.series.flatMap((series) => visiblePoints(chart, series).map((point) => point[dimension]));
  const range = extent([...values, ...(axis.include ?? [])], axis);
  return axis.scale === 'log' ? logarithmic(range, count) : linear(range, count, dimension === 1);
}

function extent(values: readonly number[], { scale }: Axis): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return scale === 'log' ? [1, 10] : [0, 1];
  if (low < high) return [low, high];
  return scale === 'log' ? [low / 2, low * 2] : [low - 0.5, low + 0.5];
}

function linear(range: [number, number], count: number, nice: boolean): Scale {
  const scale = scaleLinear().domain(range);
  if (nice) scale.nice(count);
  const [low = 0, high = 1] = scale.domain();
  const format = scale.tickFormat(count);
  const ticks = scale.ticks(count).map((value) => ({ value, label: format(value) }));
  return { range: [low, high], place: (value) => (value - low) / (high - low), ticks };
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

/** 1, 2 and 5 times powers of ten; where the range is too small for two of them, evenly spaced numbers. */
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

/** 0.01, 0.1, 1, 10, 100 as they are; others as 10⁻⁵. */
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
