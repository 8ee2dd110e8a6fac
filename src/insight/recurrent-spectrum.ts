import { Matrix } from 'ml-matrix';
import { CELL_KINDS, gateCount } from '../nn/cells/index.ts';
import type { Activation, ModelConfig } from '../nn/config.ts';
import { Manifest } from '../nn/manifest.ts';
import { largestSingularValue, spectralRadius } from './matrix-norms.ts';

/** γ, the steepest slope of each activation. */
const STEEPEST: Readonly<Record<Activation, number>> = { tanh: 1, logistic: 1 / 4, relu: 1, linear: 1 };

/** The H × H block of W that belongs to one gate. */
export interface GateSpectrum {
  readonly gate: string;
  /** The spectral radius: the largest |eigenvalue|. */
  readonly radius: number;
  /** λ: the largest singular value. */
  readonly norm: number;
}

/** The spectral radius and the norm of the recurrent matrix of every layer, for each gate. */
export function recurrentSpectra(config: ModelConfig, parameters: ArrayLike<number>): GateSpectrum[][] {
  const manifest = new Manifest(config);
  return Array.from({ length: config.layers }, (_, layer) => {
    const { offset } = manifest.view(`layers.${layer}.recurrent`);
    return CELL_KINDS[config.cell].gates.map(({ name: gate }, index) => {
      const block = gateBlock(parameters, offset, config, index);
      return { gate, radius: spectralRadius(block), norm: largestSingularValue(block) };
    });
  });
}

/**
 * The bound (γλ)ⁿ for n = 0, …, `lags`. No product of n Jacobians of a vanilla RNN has a larger norm, for any text (Bengio et al. 1994;
 * Pascanu et al. 2013).
 */
export function jacobianBound({ activation }: ModelConfig, { norm }: GateSpectrum, lags: number): number[] {
  return Array.from({ length: lags + 1 }, (_, lag) => (STEEPEST[activation] * norm) ** lag);
}

function gateBlock(parameters: ArrayLike<number>, offset: number, { cell, hidden }: ModelConfig, gate: number): Matrix {
  const stride = gateCount(cell) * hidden;
  const row = (i: number): number[] =>
    Array.from({ length: hidden }, (_, j) => parameters[offset + i * stride + gate * hidden + j]!);
  return new Matrix(Array.from({ length: hidden }, (_, i) => row(i)));
}
