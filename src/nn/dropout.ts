import * as z from 'zod';
import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import { type BatchShape, type Pass, rowsAt } from './batch.ts';
import { keyOf } from './dropout-key.ts';
import type { Module } from './module.ts';
import { Signal } from './signal.ts';
import type { State } from './state.ts';
import type { Packed } from './weight.ts';

const probability = z.number().min(0).lt(1);

/** The probabilities that a number is dropped in training. The numbers that are kept are scaled up, so nothing is dropped or scaled in evaluation. */
export const dropoutSchema = z.strictObject({
  input: probability
    .default(0)
    .describe(
      'probability to drop a number of an embedding or, of one-hot symbols, of the matrix that they pick rows from',
    ),
  layers: probability
    .default(0)
    .describe('probability to drop a number that a layer hands to the next (Zaremba et al. 2014: never along time)'),
  output: probability
    .optional()
    .describe('probability to drop a number that the top layer hands to the output (default: as between layers)'),
  recurrent: probability
    .default(0)
    .describe(
      'probability to drop a number of the recurrent matrices W (DropConnect: Wan et al. 2013, Merity et al. 2018)',
    ),
  variational: z
    .boolean()
    .default(false)
    .describe(
      'drop the same numbers at all steps of a window (Gal & Ghahramani 2016); weights have one mask a window anyway',
    ),
});

export type DropoutConfig = Readonly<Required<z.output<typeof dropoutSchema>>>;

export const NO_DROPOUT: DropoutConfig = { input: 0, layers: 0, output: 0, recurrent: 0, variational: false };

/** What a dropout module is made of. */
export interface DropoutPlan {
  readonly arena: Arena;
  readonly shape: BatchShape;
  readonly probability: number;
  readonly variational: boolean;
  /** A number that no other place of the model has. */
  readonly site: number;
}

/**
 * Dropout of a signal on its way from one layer to the next. The output is a masked copy of the signal's values. The gradient is masked in
 * place, by the same mask, so dropout must be the signal's only reader.
 */
export class Dropout implements Module {
  readonly states: readonly State[] = [];
  readonly weights: readonly Packed[] = [];
  /** What the layer above reads. */
  readonly output: Signal;
  readonly #input: Signal;
  readonly #plan: DropoutPlan;

  constructor(input: Signal, plan: DropoutPlan) {
    const { arena, shape } = plan;
    const values = arena.float(shape.steps * shape.rows * input.width); // [T][B][width]
    this.#input = input.readAlone();
    this.#plan = plan;
    this.output = new Signal(values, input.gradients, input.width);
  }

  forward(k: Kernels, pass: Pass): void {
    this.#mask(k, pass, this.output.values, this.#input.values);
  }

  /** Turns ∂L/∂output into ∂L/∂input, in place. */
  backward(k: Kernels, pass: Pass): void {
    this.#mask(k, pass, this.#input.gradients, this.#input.gradients);
  }

  /** Nothing: there are no tensors. */
  weightGradients(): void {}

  #mask(k: Kernels, pass: Pass, out: Address, from: Address): void {
    const { steps, key } = pass;
    const { width } = this.#input;
    const { shape, variational, site } = this.#plan;
    const probability = key === undefined ? 0 : this.#plan.probability;
    const siteKey = keyOf(key, site);
    for (let step = 0; step < steps; step++) {
      const { start, end } = rowsAt(pass, step);
      const at = (step * shape.rows + start) * width;
      const place = variational ? start * width : at;
      k.dropout(out + at, from + at, (end - start) * width, place, siteKey, probability);
    }
  }
}
