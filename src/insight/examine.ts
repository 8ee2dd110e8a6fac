import type { ModelConfig } from '../nn/config.ts';
import type { Part } from '../text/split.ts';
import type { Chart, Point, Series } from './chart.ts';
import { type FlowOptions, measureFlow, type TruncationLoss, truncationLoss } from './gradient-flow.ts';
import { measureJacobians } from './jacobian.ts';
import { type GateSpectrum, jacobianBound, recurrentSpectra } from './recurrent-spectrum.ts';

export interface ExamineOptions extends FlowOptions {
  /** The number of positions for the products of Jacobians. With 0 they are not measured. */
  readonly jacobians: number;
  /** The lengths τ of the truncations whose effect is reported. */
  readonly truncations: readonly number[];
}

/** The gradient flow of a model. The index of an array is the lag n = 0, …, N. An entry is null if no position has that lag. */
export interface FlowExamination {
  readonly name: string;
  /** The number of positions that are averaged, for each lag. */
  readonly counts: readonly number[];
  readonly layers: readonly LayerExamination[];
}

/** The gradient flow of one layer. `LayerFlow` and `JacobianNorms` explain the fields. */
export interface LayerExamination {
  readonly hidden: readonly (number | null)[];
  readonly cell?: readonly (number | null)[];
  readonly carousel?: readonly (number | null)[];
  readonly jacobian?: { readonly mean: readonly (number | null)[]; readonly greatest: readonly (number | null)[] };
  /** The bound (γλ)ⁿ, for a vanilla RNN only. */
  readonly bound?: readonly number[];
  readonly spectra: readonly GateSpectrum[];
  readonly truncations: readonly ({ readonly steps: number } & TruncationLoss)[];
}

/** Measures the gradient flow of a model on a text. */
export function examineFlow(
  name: string,
  config: ModelConfig,
  parameters: ArrayLike<number>,
  part: Part,
  options: ExamineOptions,
): FlowExamination {
  const { counts, layers } = measureFlow(config, parameters, part, options);
  const spectra = recurrentSpectra(config, parameters);
  const { jacobians } = options;
  const products =
    jacobians > 0 ? measureJacobians(config, parameters, part, { ...options, positions: jacobians }) : undefined;
  return {
    name,
    counts,
    layers: layers.map(({ hidden, cell, carousel }, layer) => ({
      hidden: knownOnly(hidden),
      ...(cell && carousel ? { cell: knownOnly(cell), carousel: knownOnly(carousel) } : {}),
      ...(products
        ? { jacobian: { mean: knownOnly(products[layer]!.mean), greatest: knownOnly(products[layer]!.greatest) } }
        : {}),
      ...(config.cell === 'rnn' ? { bound: jacobianBound(config, spectra[layer]![0]!, options.lags) } : {}),
      spectra: spectra[layer]!,
      truncations: options.truncations.map((steps) => ({ steps, ...truncationLoss(hidden, steps) })),
    })),
  };
}

/** JSON has no NaN, so NaN becomes null. */
function knownOnly(values: readonly number[]): (number | null)[] {
  return values.map((value) => (Number.isFinite(value) ? value : null));
}

const LAG = { label: 'lag n (steps back)', scale: 'linear', whole: true } as const;

/** A chart of ‖∂L_t/∂h_{t−n}‖ for each layer, and of ‖∂L_t/∂c_{t−n}‖ for each layer of an LSTM. */
export function flowChart({ name, layers }: FlowExamination): Chart {
  return {
    title: `Gradient of the loss, ${name}`,
    x: LAG,
    y: { label: 'mean ‖∂L(t)/∂s(t−n)‖', scale: 'log' },
    series: layers.flatMap(({ hidden, cell }, layer) => [
      curve(`h, layer ${layer + 1}`, hidden),
      ...(cell ? [curve(`c, layer ${layer + 1}`, cell)] : []),
    ]),
  };
}

/** A chart of the norms of the products of Jacobians, with their bound, and with the carousel of an LSTM. Undefined if they were not measured. */
export function jacobianChart({ name, layers }: FlowExamination): Chart | undefined {
  const series = layers.flatMap(({ jacobian, bound, carousel }, layer) => [
    ...(jacobian ? [curve(`‖∂h(t)/∂h(t−n)‖, layer ${layer + 1}`, jacobian.mean)] : []),
    ...(jacobian && bound ? [{ ...curve(`(γλ)ⁿ, layer ${layer + 1}`, bound), kind: 'rule' as const }] : []),
    ...(jacobian && carousel ? [curve(`carousel ‖∂c(t)/∂c(t−n)‖, layer ${layer + 1}`, carousel)] : []),
  ]);
  if (series.length === 0) return undefined;
  return { title: `Products of Jacobians, ${name}`, x: LAG, y: { label: 'spectral norm', scale: 'log' }, series };
}

/** A chart that compares one layer of several models. `layer` counts from 1; without it, the top layer of each model is shown. */
export function comparisonChart(models: readonly FlowExamination[], layer?: number): Chart {
  const which = layer === undefined ? 'top layer' : `layer ${layer}`;
  return {
    title: `Gradient of the loss, ${which}`,
    x: LAG,
    y: { label: 'mean ‖∂L(t)/∂h(t−n)‖', scale: 'log' },
    series: models.flatMap(({ name, layers }) => {
      const shown = layer === undefined ? layers.at(-1) : layers[layer - 1];
      return shown ? [curve(name, shown.hidden)] : [];
    }),
  };
}

function curve(name: string, values: readonly (number | null)[]): Series {
  return { name, points: values.flatMap((value, lag): Point[] => (value === null ? [] : [[lag, value]])) };
}
