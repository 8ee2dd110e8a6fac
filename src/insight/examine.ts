import type { ModelConfig } from '../nn/config.ts';
import type { Part } from '../text/split.ts';
import type { Chart, Point, Series } from './chart.ts';
import { type FlowOptions, measureFlow, type TruncationLoss, truncationLoss } from './gradient-flow.ts';
import { measureJacobians } from './jacobian.ts';
import { type GateSpectrum, jacobianBound, recurrentSpectra } from './recurrent-spectrum.ts';

export interface ExamineOptions extends FlowOptions {
  /** Positions for the products of Jacobians; 0 for none. */
  readonly jacobians: number;
  /** τ of the truncations whose loss is told. */
  readonly truncations: readonly number[];
}

/** All that is measured of how a model's gradients flow. Arrays go by the lag n = 0, …, N; a lag that no position has is null. */
export interface FlowExamination {
  readonly name: string;
  /** Positions averaged over, by lag. */
  readonly counts: readonly number[];
  readonly layers: readonly LayerExamination[];
}

/** Of one layer; what is what stands at `LayerFlow` and `JacobianNorms`. */
export interface LayerExamination {
  readonly hidden: readonly (number | null)[];
  readonly cell?: readonly (number | null)[];
  readonly carousel?: readonly (number | null)[];
  readonly jacobian?: { readonly mean: readonly (number | null)[]; readonly greatest: readonly (number | null)[] };
  /** Of a vanilla RNN: (γλ)ⁿ. */
  readonly bound?: readonly number[];
  readonly spectra: readonly GateSpectrum[];
  readonly truncations: readonly ({ readonly steps: number } & TruncationLoss)[];
}

/** Measures a model on a text. */
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

/** JSON has no NaN. */
function knownOnly(values: readonly number[]): (number | null)[] {
  return values.map((value) => (Number.isFinite(value) ? value : null));
}

const LAG = { label: 'lag n (steps back)', scale: 'linear' } as const;

/** ‖∂L_t/∂h_{t−n}‖ of each layer, and of an LSTM's cell states. */
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

/** Norms of the products of Jacobians, beside their bound, and an LSTM's carousel. Undefined where they weren't measured. */
export function jacobianChart({ name, layers }: FlowExamination): Chart | undefined {
  const series = layers.flatMap(({ jacobian, bound, carousel }, layer) => [
    ...(jacobian ? [curve(`‖∂h(t)/∂h(t−n)‖, layer ${layer + 1}`, jacobian.mean)] : []),
    ...(jacobian && bound ? [{ ...curve(`(γλ)ⁿ, layer ${layer + 1}`, bound), kind: 'rule' as const }] : []),
    ...(jacobian && carousel ? [curve(`carousel ‖∂c(t)/∂c(t−n)‖, layer ${layer + 1}`, carousel)] : []),
  ]);
  if (series.length === 0) return undefined;
  return { title: `Products of Jacobians, ${name}`, x: LAG, y: { label: 'spectral norm', scale: 'log' }, series };
}

/** One layer of several models over each other; of each its top one where no layer is named, from 1. */
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
