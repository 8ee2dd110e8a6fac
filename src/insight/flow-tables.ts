import type { FlowExamination, LayerExamination } from './examine.ts';
import type { Table } from './table.ts';

/** Lags in the tables. */
const SHOWN_LAGS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 300, 500, 1000];

/** Where no position has a greater lag than this, all lags are shown. */
const FEW_LAGS = 20;

/** Truncations whose loss is measured where the text is long enough; those of a short text are next. */
const TRUNCATIONS = [10, 25, 50, 100];
const SHORT_TRUNCATIONS = [1, 2, 5];

/** τ of the truncations that are measured up to a greatest lag: `more` besides, such as those of the models' training. */
export function truncationsUpTo(greatest: number, more: readonly number[]): number[] {
  const usual = greatest < TRUNCATIONS[0]! ? SHORT_TRUNCATIONS : TRUNCATIONS;
  return [...new Set([...usual, ...more])].filter((steps) => steps <= greatest).sort((a, b) => a - b);
}

/** What was measured of one model: norms of the loss's gradient, products of Jacobians, spectra, and what truncations cut off. */
export function flowTables(model: FlowExamination): Table[] {
  const { counts, layers } = model;
  const norms = layers.flatMap(({ hidden, cell }, index) => [
    { name: `‖∂L/∂h‖ ${index + 1}`, values: hidden },
    ...(cell ? [{ name: `‖∂L/∂c‖ ${index + 1}`, values: cell }] : []),
  ]);
  const products = layers.flatMap(({ jacobian, carousel, bound }, index) => [
    ...(jacobian ? [{ name: `‖∂h/∂h‖ ${index + 1}`, values: jacobian.mean }] : []),
    ...(jacobian && bound ? [{ name: `(γλ)ⁿ ${index + 1}`, values: bound }] : []),
    ...(jacobian && carousel ? [{ name: `carousel ${index + 1}`, values: carousel }] : []),
  ]);
  const measured = products.filter(({ name }) => name.startsWith('‖'));
  const known = shownLags((lag) => measured.some(({ values }) => isKnown(values[lag])), counts.length);
  return [
    {
      title: 'Gradient of the loss, mean over positions, by lag and layer',
      keys: 2,
      header: ['lag', 'positions', ...norms.map(({ name }) => name)],
      rows: shownLags((lag) => counts[lag]! > 0, counts.length).map((lag) => [
        String(lag),
        String(counts[lag]),
        ...norms.map(({ values }) => normCell(values[lag])),
      ]),
    },
    ...(measured.length > 0
      ? [
          {
            title: 'Products of Jacobians, by lag and layer',
            header: ['lag', ...products.map(({ name }) => name)],
            rows: known.map((lag) => [String(lag), ...products.map(({ values }) => normCell(values[lag]))]),
          },
        ]
      : []),
    spectrumTable(layers),
    ...(layers.some(({ truncations }) => truncations.length > 0) ? [truncationTable(layers)] : []),
  ];
}

/** ‖∂L(t)/∂h(t−n)‖ of several models side by side: of a layer, or of each model's top layer. */
export function flowComparisonTable(models: readonly FlowExamination[], layer: number | undefined): Table {
  const shown = models.flatMap(({ name, counts, layers }) => {
    const its = layer === undefined ? layers.at(-1) : layers[layer - 1];
    return its ? [{ name, counts, hidden: its.hidden }] : [];
  });
  const most = Math.max(0, ...shown.map(({ counts }) => counts.length));
  const lags = shownLags((lag) => shown.some(({ counts }) => (counts[lag] ?? 0) > 0), most);
  return {
    title: '‖∂L(t)/∂h(t−n)‖',
    header: ['lag', ...shown.map(({ name }) => name)],
    rows: lags.map((lag) => [String(lag), ...shown.map(({ hidden }) => normCell(hidden[lag]))]),
  };
}

/** The lags below `count` that a table shows: of those that were measured, round ones, or all where they are few. */
export function shownLags(isMeasured: (lag: number) => boolean, count: number): number[] {
  const lags = Array.from({ length: count }, (_, lag) => lag).filter(isMeasured);
  return (lags.at(-1) ?? 0) <= FEW_LAGS ? lags : lags.filter((lag) => SHOWN_LAGS.includes(lag));
}

function spectrumTable(layers: readonly LayerExamination[]): Table {
  return {
    title: 'Recurrent matrices',
    keys: 2,
    header: ['layer', 'recurrent W of', 'spectral radius', 'largest singular value λ'],
    rows: layers.flatMap(({ spectra }, layer) =>
      spectra.map(({ gate, radius, norm }) => [String(layer + 1), gate, radius.toFixed(4), norm.toFixed(4)]),
    ),
  };
}

function truncationTable(layers: readonly LayerExamination[]): Table {
  return {
    title: 'Truncation: the share of the gradient that is cut off',
    keys: 2,
    header: ['layer', 'truncated at τ', 'cut off, k1 = 1', 'cut off, k1 = k2 = τ'],
    rows: layers.flatMap(({ truncations }, layer) =>
      truncations.map(({ steps, sliding, chunked }) => [
        String(layer + 1),
        String(steps),
        percent(sliding),
        percent(chunked),
      ]),
    ),
  };
}

function isKnown(value: number | null | undefined): value is number {
  return value !== null && value !== undefined;
}

/** A norm as a cell of a table. */
export function normCell(value: number | null | undefined): string | undefined {
  return isKnown(value) ? value.toExponential(2) : undefined;
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(3)} %`;
}
