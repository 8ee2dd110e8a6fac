import { unknownRun } from '../../src/exchange/metadata.ts';
import type { Checkpoint } from '../../src/nn/checkpoint.ts';
import type { ModelConfig } from '../../src/nn/config.ts';
import { Random } from '../../src/random.ts';
import { Vocabulary } from '../../src/text/vocabulary.ts';
import { toJson } from '../../src/training/record.ts';
import { VARIANTS } from '../helpers/network.ts';
import { randomModel, stepperOf, type TinyModel } from '../helpers/tiny-models.ts';

/** Sizes that differ from each other, and shapes of every kind of model. */
const SHAPES: readonly (Partial<ModelConfig> & { readonly shape: string })[] = [
  { shape: 'one-hot, 1 layer', layers: 1, hidden: 6, symbols: 9 },
  { shape: 'embedding, 3 layers', layers: 3, hidden: 5, embedding: 4, symbols: 7 },
  { shape: 'tied', layers: 2, hidden: 6, embedding: 6, tied: true, symbols: 8 },
  { shape: 'ensemble of 3', layers: 2, hidden: 4, members: 3, symbols: 6 },
];

/** Every model that can be exported. */
export const MODELS = VARIANTS.flatMap(({ label, ...cell }) =>
  SHAPES.map(({ shape, ...sizes }) => ({ label: `${label}, ${shape}`, config: { ...cell, ...sizes } })),
);

/** How large random weights are: well away from 0, where every model is alike, but so that no state grows without end. */
const SCALES = { tanh: 2, logistic: 2, relu: 1, linear: 0.5 };

/** A checkpoint of a model with random numbers. */
export function checkpointOf(config: Partial<ModelConfig>, seed = 1): Checkpoint {
  const { config: model, parameters } = livelyModel(config, seed);
  const symbols = Array.from({ length: model.symbols }, (_, id) => String.fromCodePoint(97 + id));
  const vocabulary = Vocabulary.fromJSON({ unit: 'codepoint', stop: false, unknown: false, symbols });
  return {
    model,
    vocabulary: toJson(vocabulary.toJSON()),
    run: unknownRun(model, vocabulary),
    parameters,
    resume: undefined,
  };
}

/** A model whose numbers are all random, but for a −0. */
export function livelyModel(config: Partial<ModelConfig>, seed: number): TinyModel {
  const model = randomModel(config, seed, SCALES[config.activation ?? 'tanh']);
  const { parameters } = model;
  const random = new Random(`${seed}/biases`);
  // Biases start at 0, which would hide what becomes of them; −0 is a number, too.
  for (let j = 0; j < parameters.length; j++) if (parameters[j] === 0) parameters[j] = 0.6 * random.next() - 0.3;
  parameters[parameters.length - 1] = -0;
  return model;
}

/** The logits [T][V] after each symbol of a text, read from its start. */
export function logitsOf({ model, parameters }: Checkpoint, symbols: readonly number[]): number[][] {
  const stepper = stepperOf({ config: model, parameters }, 1);
  return symbols.map((symbol) => {
    stepper.step([symbol]);
    return [...stepper.logits(0)];
  });
}

export function randomSymbols(count: number, symbols: number): number[] {
  const random = new Random('symbols');
  return Array.from({ length: count }, () => random.integer(symbols));
}

/** The largest difference between two tables of numbers. */
export function largestDifference(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  let most = a.length === b.length ? 0 : Number.POSITIVE_INFINITY;
  for (const [row, numbers] of a.entries()) {
    const others = b[row] ?? [];
    if (numbers.length !== others.length) return Number.POSITIVE_INFINITY;
    for (let j = 0; j < numbers.length; j++) {
      const difference = Math.abs(numbers[j]! - others[j]!);
      if (!(difference <= most)) most = difference;
    }
  }
  return most;
}

/** All pieces as one. */
export function joined(pieces: readonly (Uint8Array | string)[]): Buffer {
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece as Uint8Array)));
}
