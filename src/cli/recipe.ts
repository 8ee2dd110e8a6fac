import type { Place } from '../training/place.ts';
import { type Recipe, resolveRecipe } from '../training/recipe.ts';
import type { TrainCommandOptions } from './train.ts';

/** The recipe that the options of `rnn train` mean. */
export function recipeFrom(options: TrainCommandOptions): Recipe {
  const { optimizer } = options;
  const { cell, activation, reset, layers, hidden, embedding, tied = false, members } = options;
  return resolveRecipe({
    model: { cell, activation, reset, layers, hidden, embedding, tied, members },
    initializer: options.init,
    batch: options.batch,
    bptt: options.bptt,
    stride: options.bpttStride,
    optimizer: { name: optimizer, momentum: options.momentum, weightDecay: options.weightDecay },
    rate: options.lr,
    schedule: {
      name: options.schedule,
      warmup: options.warmup,
      final: options.finalLr,
      factor: options.decayFactor,
      drops: options.decayDrops,
      patience: options.decayPatience,
    },
    dropout: {
      input: options.dropoutInput,
      layers: options.dropout,
      output: options.dropoutOutput,
      recurrent: options.dropconnect,
      variational: options.variational === true,
    },
    averaging: options.ema,
    patience: options.patience,
    onDivergence: options.onDivergence,
    clipNorm: options.clipNorm,
    clipValue: options.clipValue,
    limits: { epochs: options.epochs, steps: options.steps, seconds: options.time },
    validation: options.validation,
    test: options.test,
    validateEvery: options.validateEvery,
    seed: options.seed,
  });
}

export function placeFrom({ kernel, threads }: TrainCommandOptions): Place {
  return { kernel, threads };
}
