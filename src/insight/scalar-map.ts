/** A system of one number, x ← f(x): a unit that feeds itself, without any input. */
export interface ScalarMap {
  /** f(x) in words: "σ(6h − 3)". */
  readonly formula: string;
  /** The name of the number: h or x. */
  readonly state: string;
  step(x: number): number;
  /** f'(x). */
  slope(x: number): number;
  /** Where f(x) = x, ascending. */
  roots(): number[];
  /** The states that are drawn: all fixed points lie among them. */
  readonly range: readonly [low: number, high: number];
}

/** A point that the iteration leaves as it is. */
export interface FixedPoint {
  readonly at: number;
  /** f'(at). */
  readonly slope: number;
  /** A sink (|f'| < 1) attracts the states near it, and a source (|f'| > 1) repels them. With |f'| = 1 the slope does not decide. */
  readonly kind: 'sink' | 'source' | 'neutral';
}

/** A slope |f'| that differs from 1 by less than this counts as 1. */
const NEUTRAL = 1e-6;

export function fixedPoints(map: ScalarMap): FixedPoint[] {
  return map.roots().map((at) => {
    const slope = map.slope(at);
    const isNeutral = Math.abs(Math.abs(slope) - 1) < NEUTRAL;
    return { at, slope, kind: isNeutral ? 'neutral' : Math.abs(slope) < 1 ? 'sink' : 'source' };
  });
}

/** x_1, x_2, …, x_n. */
export function orbit(map: ScalarMap, first: number, count: number): number[] {
  const states = [first];
  while (states.length < count) states.push(map.step(states.at(-1)!));
  return states;
}

/** ∂x_n/∂x_1 = Π f'(x_t) for t = 1, …, n − 1: by the chain rule, as in backpropagation. */
export function gradient(map: ScalarMap, first: number, count: number): number {
  return orbit(map, first, count - 1).reduce((product, x) => product * map.slope(x), 1);
}

/** A piece of the phase line: a fixed point, or a stretch in which all states move the same way. */
export type PhasePiece =
  | { readonly kind: FixedPoint['kind']; readonly at: number }
  | { readonly kind: 'left' | 'right'; readonly from: number; readonly to: number };

/** The line of states from left to right. A state moves right where f(x) > x, and left where f(x) < x. */
export function phaseLine(map: ScalarMap): PhasePiece[] {
  const points = fixedPoints(map);
  const ends = [map.range[0], ...points.map(({ at }) => at), map.range[1]];
  return ends.slice(1).flatMap((to, index): PhasePiece[] => {
    const from = ends[index]!;
    const middle = (from + to) / 2;
    const stretch: PhasePiece = { kind: map.step(middle) > middle ? 'right' : 'left', from, to };
    const point = points[index];
    return [...(to > from ? [stretch] : []), ...(point ? [{ kind: point.kind, at: point.at }] : [])];
  });
}

const PIECE_SIGNS = { left: '←', right: '→', sink: '●', source: '○', neutral: '◐' } as const;

/** The phase line in `width` characters: ● a sink, ○ a source, ◐ neither, and arrows. */
export function drawPhaseLine(map: ScalarMap, width: number): string {
  const [low, high] = map.range;
  const place = (x: number): number => Math.round(((x - low) / (high - low)) * (width - 1));
  const line = Array<string>(width).fill('─');
  const pieces = phaseLine(map);
  for (const piece of pieces) {
    if ('at' in piece) continue;
    const [from, to] = [place(piece.from), place(piece.to)];
    // An arrow every eight characters or so, and at least one.
    const arrows = Math.max(1, Math.round((to - from) / 8));
    for (let arrow = 0; arrow < arrows; arrow++) {
      line[Math.floor(from + ((arrow + 0.5) * (to - from)) / arrows)] = PIECE_SIGNS[piece.kind];
    }
  }
  for (const piece of pieces) if ('at' in piece) line[place(piece.at)] = PIECE_SIGNS[piece.kind];
  return line.join('');
}

/** Where arrows of a drawing stand: some in each stretch. */
export function phaseArrows(map: ScalarMap): { readonly at: number; readonly sign: string }[] {
  return phaseLine(map).flatMap((piece) => {
    if ('at' in piece) return [];
    return [0.25, 0.5, 0.75].map((share) => ({
      at: piece.from + share * (piece.to - piece.from),
      sign: PIECE_SIGNS[piece.kind],
    }));
  });
}
