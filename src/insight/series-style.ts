import {
  type SymbolType,
  symbolAsterisk,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolDiamond2,
  symbolPlus,
  symbolSquare,
  symbolSquare2,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from 'd3-shape';

/** How a series is drawn, so that it is told apart by its colour, and in grey by its dashes and markers. */
export interface SeriesStyle {
  readonly colour: string;
  /** The colour on a dark page. */
  readonly dark: string;
  /** `stroke-dasharray`; empty for a line without gaps. */
  readonly dash: string;
  readonly marker: SymbolType;
  /** Whether the marker is drawn as an outline. */
  readonly isHollow?: boolean;
  /** The mark in a terminal without colours. */
  readonly mark: string;
}

/**
 * The first seven have the colours of Okabe & Ito (2008), which colour-blind readers can tell apart, the others those of Tol (2021). With more
 * series than styles, the styles repeat.
 */
const SERIES_STYLES: readonly SeriesStyle[] = [
  { colour: '#0072b2', dark: '#56b4e9', dash: '', marker: symbolCircle, mark: '●' },
  { colour: '#d55e00', dark: '#d55e00', dash: '7 3', marker: symbolSquare, mark: '▲' },
  { colour: '#009e73', dark: '#009e73', dash: '2 2', marker: symbolTriangle, mark: '■' },
  { colour: '#cc79a7', dark: '#cc79a7', dash: '9 3 2 3', marker: symbolDiamond, mark: '◆' },
  { colour: '#e69f00', dark: '#e69f00', dash: '4 2', marker: symbolStar, mark: '○' },
  { colour: '#56b4e9', dark: '#5080ff', dash: '12 3', marker: symbolCross, mark: '△' },
  { colour: '#555555', dark: '#b0b0b5', dash: '3 4', marker: symbolWye, mark: '□' },
  { colour: '#882255', dark: '#ff5fd7', dash: '10 2 2 2 2 2', marker: symbolPlus, isHollow: true, mark: '◇' },
  { colour: '#117733', dark: '#7bd389', dash: '1 3', marker: symbolSquare2, isHollow: true, mark: '+' },
  { colour: '#332288', dark: '#b3a6f0', dash: '14 4 4 4', marker: symbolDiamond2, isHollow: true, mark: '×' },
  { colour: '#999933', dark: '#d6d66a', dash: '6 6', marker: symbolAsterisk, isHollow: true, mark: '*' },
  { colour: '#8b4513', dark: '#e0a070', dash: '2 5', marker: symbolHollowCircle(), isHollow: true, mark: '#' },
];

/** The number of the style of a series: the series of a chart are counted from 0. */
export function numberOfStyle(index: number): number {
  return index % SERIES_STYLES.length;
}

export function styleOf(index: number): SeriesStyle {
  return SERIES_STYLES[numberOfStyle(index)]!;
}

/** Style rules for a page: the colours on a dark ground. */
export function darkRules(): string {
  return SERIES_STYLES.flatMap(({ colour, dark }, number) =>
    ['stroke', 'fill'].map((ink) => `  .series-${number} [${ink}="${colour}"] { ${ink}: ${dark}; }`),
  ).join('\n');
}

/** A circle that is drawn larger than the full one, as an outline. */
function symbolHollowCircle(): SymbolType {
  return { draw: (context, area) => symbolCircle.draw(context, 1.6 * area) };
}
