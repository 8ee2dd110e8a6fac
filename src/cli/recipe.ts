import { UsageError } from '../errors.ts';
import { layersProblem } from '../nn/config.ts';
import { DEFAULT_RATES, OPTIMIZER_DEFAULTS } from '../training/optimizer.ts';
import type { Place, Recipe } from '../training/options.ts';
import type { TrainCommandOptions } from './train.ts';

/** Norm to which the gradient is clipped, where neither clipping is asked for. */
const CLIP_NORM = 1;

/** The recipe that the options of `rnn train` mean. */
export function recipeFrom(options: TrainCommandOptions): Recipe {
  const { bptt, bpttStride: stride = bptt, optimizer, clipNorm, clipValue } = options;
  if (stride > bptt) {
    throw new UsageError(
      `--bptt-stride ${stride} is more than --bptt ${bptt}: steps would be left out; make it ${bptt} or less`,
    );
  }
  const { cell, activation, reset, layers, hidden, embedding, tied = false, members } = options;
  if (tied && embedding !== hidden) {
    throw new UsageError(
      `--tied needs embeddings as wide as a layer: --embedding is ${embedding}, --hidden ${hidden}; make them equal`,
    );
  }
  const tooMany = layersProblem({ layers, members });
  if (tooMany) throw new UsageError(`${tooMany}; lower --members or --layers`);
  return {
    model: { cell, activation, reset, layers, hidden, embedding, tied, members },
    initializer: options.init,
    batch: options.batch,
    bptt,
    stride,
    optimizer: { name: optimizer, ...OPTIMIZER_DEFAULTS, momentum: options.momentum, weightDecay: options.weightDecay },
    rate: options.lr ?? DEFAULT_RATES[optimizer],
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
      output: options.dropoutOutput ?? options.dropout,
      recurrent: options.dropconnect,
      variational: options.variational === true,
    },
    averaging: options.ema,
    patience: options.patience,
    onDivergence: options.onDivergence,
    clipNorm: clipNorm ?? (clipValue === undefined ? CLIP_NORM : Number.POSITIVE_INFINITY),
    clipValue: clipValue ?? Number.POSITIVE_INFINITY,
    limits: { epochs: options.epochs, steps: options.steps, seconds: options.time },
    validation: options.validation,
    test: options.test,
    validateEvery: options.validateEvery,
    seed: options.seed,
  };
}

export function placeFrom({ kernel, threads }: TrainCommandOptions): Place {
  return { kernel, threads };
}
