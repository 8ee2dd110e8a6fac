import { Matrix, SVD } from 'ml-matrix';
import type { ModelConfig } from '../nn/config.ts';
import { Manifest } from '../nn/manifest.ts';
import type { Axis, Chart, Point, Series } from './chart.ts';

/** A symbol of the vocabulary that the map shows. */
export interface MappedSymbol {
  readonly id: number;
  /** The symbol as the map shows it. */
  readonly label: string;
  /** The symbol as it is read. It decides the kind of the symbol. */
  readonly text: string;
}

/** The rows of a matrix, projected on their first two principal components. */
export interface Projection {
  readonly points: readonly Point[];
  /** The share of the variance along each component. */
  readonly shares: readonly [number, number];
}

/** Principal component analysis (Pearson 1901) by singular value decomposition: x − mean(x), times the first two right singular vectors. */
export function project(rows: readonly (readonly number[])[]): Projection {
  const centred = new Matrix(rows.map((row) => [...row])).center('column');
  // There may be fewer rows than columns.
  const { rightSingularVectors: axes, diagonal } = new SVD(centred, { autoTranspose: true });
  const total = diagonal.reduce((sum, value) => sum + value * value, 0);
  const along = (component: number): { places: number[]; share: number } => {
    if (component >= diagonal.length || total === 0) return { places: rows.map(() => 0), share: 0 };
    const axis = axes.getColumn(component);
    // The sign of a component is arbitrary. Here the largest element is positive.
    const largest = axis.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
    const sign = largest < 0 ? -1 : 1;
    const places = rows.map((_, row) => sign * axis.reduce((sum, value, j) => sum + value * centred.get(row, j), 0));
    return { places, share: diagonal[component]! ** 2 / total };
  };
  const [first, second] = [along(0), along(1)];
  return {
    points: rows.map((_, row): Point => [first.places[row]!, second.places[row]!]),
    shares: [first.share, second.share],
  };
}

/** The margin for the words at the edges, as a share of the range. */
const MARGIN = 0.03;

const KINDS: readonly (readonly [string, RegExp])[] = [
  ['lower case', /^\p{Ll}/u],
  ['upper case', /^\p{Lu}/u],
  ['other letters', /^\p{L}/u],
  ['digits', /^\p{N}/u],
  ['marks and blanks', /^/u],
];

/** A chart of the symbols in two dimensions: the first two principal components of their embeddings, or of the rows of U for one-hot input. */
export function symbolMap(config: ModelConfig, parameters: ArrayLike<number>, symbols: readonly MappedSymbol[]): Chart {
  const { offset, shape } = new Manifest(config).view(config.embedding > 0 ? 'embedding' : 'layers.0.input');
  const width = shape[1]!;
  const { points, shares } = project(
    symbols.map(({ id }) => Array.from({ length: width }, (_, j) => parameters[offset + id * width + j]!)),
  );
  const kinds = symbols.map(({ text }) => KINDS.findIndex(([, pattern]) => pattern.test(text)));
  const series = KINDS.map(([name], kind): Series => {
    const its = symbols.flatMap((_, index) => (kinds[index] === kind ? index : []));
    return {
      name,
      kind: 'labels',
      points: its.map((index) => points[index]!),
      labels: its.map((index) => symbols[index]!.label),
    };
  });
  const axis = (dimension: 0 | 1): Axis => {
    const places = points.map((point) => point[dimension]);
    const [least, most] = [Math.min(...places), Math.max(...places)];
    const margin = MARGIN * (most - least);
    const which = dimension === 0 ? 'first' : 'second';
    return {
      label: `${which} component (${Math.round(100 * shares[dimension])} % of the variance)`,
      scale: 'linear',
      include: [least - margin, most + margin],
    };
  };
  return {
    title: config.embedding > 0 ? 'Embeddings of the symbols' : 'Input weights of the symbols',
    x: axis(0),
    y: axis(1),
    series: series.filter(({ points: its }) => its.length > 0),
  };
}
