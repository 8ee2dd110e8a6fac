/** Numbers read back from a drawing: places of marks turned into values by the labels of the axes, as a reader with a ruler would. */
export interface ReadSeries {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

/** Of an SVG with one chart. `log` is which axes are logarithmic. */
export function readSvg(svg: string, log: { readonly x?: boolean; readonly y?: boolean } = {}): ReadSeries[] {
  const toX = axisReader(ticksOf(svg, 'x'), log.x === true);
  const toY = axisReader(ticksOf(svg, 'y'), log.y === true);
  return [...svg.matchAll(/<g class="series series-\d+"><title>([^<]*)<\/title>(.*?)<\/g>/gs)].map(
    ([, name = '', marks = '']) => ({ name, points: placesOf(marks).map(([x, y]) => [toX(x), toY(y)] as const) }),
  );
}

/** Corners of the line, or places of single marks. */
function placesOf(marks: string): [number, number][] {
  const line = /<path class="line" d="([^"]*)"/.exec(marks)?.[1];
  const pairs = line
    ? line.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)
    : marks.matchAll(/class="mark" transform="translate\((-?[\d.]+) (-?[\d.]+)\)"/g);
  return [...pairs].map(([, x, y]) => [Number(x), Number(y)]);
}

interface ReadTick {
  readonly place: number;
  readonly value: number;
}

function ticksOf(svg: string, axis: 'x' | 'y'): ReadTick[] {
  const pattern =
    axis === 'x'
      ? /<g class="x-tick" transform="translate\((-?[\d.]+) 0\)">.*?<text[^>]*>([^<]*)<\/text>/gs
      : /<g class="y-tick" transform="translate\(0 (-?[\d.]+)\)">.*?<text[^>]*>([^<]*)<\/text>/gs;
  return [...svg.matchAll(pattern)].map(([, place, label = '']) => ({ place: Number(place), value: labelled(label) }));
}

/** The straight line through the first tick and the last. */
function axisReader(ticks: readonly ReadTick[], log: boolean): (place: number) => number {
  const [first, last] = [ticks[0]!, ticks.at(-1)!];
  const on = (value: number): number => (log ? Math.log10(value) : value);
  const slope = (on(last.value) - on(first.value)) / (last.place - first.place);
  return (place) => {
    const value = on(first.value) + slope * (place - first.place);
    return log ? 10 ** value : value;
  };
}

const DIGITS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

function labelled(label: string): number {
  const [, power] = /^10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)$/u.exec(label) ?? [];
  if (power === undefined) return Number(label.replace('−', '-').replaceAll(',', ''));
  const exponent = [...power].map((sign) => (sign === '⁻' ? '-' : DIGITS.indexOf(sign))).join('');
  return 10 ** Number(exponent);
}
