import type { ModelConfig } from '../nn/config.ts';
import type { Part } from '../text/split.ts';
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
