import { SOLO } from '../../kernel/team.ts';
import type { ModelConfig } from '../../nn/config.ts';
import { Manifest } from '../../nn/manifest.ts';
import { forwardAndBackward, type OpenModel, openModel } from '../../nn/open.ts';
import type { CellState } from './cell-step.ts';
import type { ShortText } from './explicit.ts';
import { forwardStep, networkMatrices, predict, zeroStates } from './network-step.ts';

/** ∂L/∂θ of every tensor, by name, by the trainer's own backward pass in float64. */
export function backpropagated(
  config: ModelConfig,
  parameters: ArrayLike<number>,
  text: ShortText,
): Map<string, Float64Array> {
  const network = openText(config, parameters, text, true);
  const { model, kernels } = network;
  const steps = text.inputs.length;
  forwardAndBackward(network, { start: 0, end: 1 }, { steps });
  model.weightGradients(kernels, SOLO, { steps });
  const { manifest, gradients } = model.parameters;
  return new Map(
    manifest.views.map(({ name, offset, size }) => {
      const at = gradients + offset;
      return [name, Float64Array.from(kernels.floats.subarray(at, at + size))];
    }),
  );
}

/**
 * h of central differences of four points. Their error is of the order h⁴, and rounding adds some 1e-16 / h. A relu has no derivative at 0, and
 * differences across that corner are wrong; a smaller h makes it less likely that one lies between the points.
 */
function stepOf({ cell, activation }: ModelConfig): number {
  return cell === 'rnn' && activation === 'relu' ? 2e-5 : 2.5e-4;
}

/** A derivative of L by central differences, from L at −2h, −h, h, 2h: (8 (L(h) − L(−h)) − (L(2h) − L(−2h))) / 12h. */
function centralDifference(h: number, lossAt: (steps: number) => number): number {
  return (8 * (lossAt(1) - lossAt(-1)) - (lossAt(2) - lossAt(-2))) / (12 * h);
}

/** Derivatives of single numbers of a tensor. */
export interface SampledDerivatives {
  /** Places in the tensor, ascending. */
  readonly places: readonly number[];
  readonly values: readonly number[];
}

/** ∂L/∂θ by central differences for every tensor, by name: all numbers of a tensor, or, where it has more, `most` spread evenly. */
export function centralDifferences(
  config: ModelConfig,
  parameters: ArrayLike<number>,
  text: ShortText,
  most: number,
): Map<string, SampledDerivatives> {
  const network = openText(config, parameters, text, false);
  const { values, manifest } = network.model.parameters;
  const { floats } = network.kernels;
  const h = stepOf(config);
  const derivative = (at: number): number => {
    const before = floats[at]!;
    const found = centralDifference(h, (steps) => {
      floats[at] = before + steps * h;
      return totalLoss(network, text);
    });
    floats[at] = before;
    return found;
  };
  return new Map(
    manifest.views.map(({ name, offset, size }) => {
      const places = spread(size, most);
      return [name, { places, values: places.map((place) => derivative(values + offset + place)) }];
    }),
  );
}

/**
 * ∂L/∂θ_k by central differences, [k] and place by place: θ is changed at step k alone, as if each step of the unfolded network had a copy of
 * its own.
 */
export function copyDifferences(
  config: ModelConfig,
  parameters: ArrayLike<number>,
  text: ShortText,
  tensor: string,
  most: number,
): SampledDerivatives[] {
  const { offset, size } = new Manifest(config).view(tensor);
  const places = spread(size, most);
  const usual = networkMatrices(config, parameters);
  const values = text.inputs.map(() => Array<number>(places.length));
  const h = stepOf(config);
  for (const [index, place] of places.entries()) {
    const nudged = new Map(
      [-2, -1, 1, 2].map((steps) => {
        const changed = Float64Array.from(parameters);
        changed[offset + place]! += steps * h;
        return [steps, networkMatrices(config, changed)];
      }),
    );
    for (const k of text.inputs.keys()) {
      values[k]![index] = centralDifference(h, (steps) => lossOf(text, (t) => (t === k ? nudged.get(steps)! : usual)));
    }
  }
  return values.map((each) => ({ places, values: each }));
}

/** L where each step of the unfolded network may have matrices of its own. */
function lossOf({ inputs, targets }: ShortText, at: (step: number) => ReturnType<typeof networkMatrices>): number {
  let states: readonly CellState[] = zeroStates(at(0).config);
  let loss = 0;
  for (const [step, symbol] of inputs.entries()) {
    states = forwardStep(at(step), symbol, states).map(({ after }) => after);
    loss -= Math.log(predict(at(step), states.at(-1)!.h)[targets[step]!]!);
  }
  return loss;
}

function openText(config: ModelConfig, parameters: ArrayLike<number>, text: ShortText, training: boolean): OpenModel {
  const network = openModel('double', config, parameters, { steps: text.inputs.length, rows: 1, training });
  const { model, kernels } = network;
  kernels.ints.set(text.inputs, model.inputs);
  kernels.ints.set(text.targets, model.targets);
  kernels.ints.fill(1, model.keep, model.keep + text.inputs.length);
  return network;
}

/** Σ_t L_t of the parameters as they are now. */
function totalLoss({ model, kernels }: OpenModel, { inputs }: ShortText): number {
  const rows = { start: 0, end: 1 };
  model.pack(kernels, SOLO);
  model.forward(kernels, rows, { steps: inputs.length });
  model.loss(kernels, rows, { steps: inputs.length }, 1);
  let sum = 0;
  for (let t = 0; t < inputs.length; t++) sum += kernels.floats[model.losses + t]!;
  return sum;
}

/** At most `most` of the places 0, …, size − 1, evenly. */
function spread(size: number, most: number): number[] {
  const count = Math.min(size, most);
  return Array.from({ length: count }, (_, index) => Math.floor(((index + 0.5) * size) / count));
}
