import type { KernelChoice } from '../../src/kernel/choose.ts';
import { type ModelOptions, modelSchema } from '../../src/nn/config.ts';
import { type Arithmetic, type OpenModel, openModel } from '../../src/nn/open.ts';
import { longestSource, writeSources } from '../../src/nn/source-rows.ts';
import { VARIANTS } from './network.ts';
import { JS, randomModel, type TinyModel } from './tiny-models.ts';

/** Symbols of sources, and of targets: 0 is `<stop>` where the targets have it. */
export const SOURCE_SYMBOLS = 5;
export const TARGET_SYMBOLS = 4;

/** A model of pairs with random parameters. */
export function randomPairModel(
  options: ModelOptions,
  seed: number,
  { scale = 2, symbols = TARGET_SYMBOLS }: { scale?: number; symbols?: number } = {},
): TinyModel {
  const config = { ...modelSchema.parse({ layers: 1, hidden: 5, ...options }), symbols, sourceSymbols: SOURCE_SYMBOLS };
  return randomModel(config, seed, scale);
}

type Pairs = NonNullable<ModelOptions['pairs']>;

/** What a model of pairs may have besides its cell, each with a label. */
export const TRANSDUCERS: readonly { readonly label: string; readonly options: ModelOptions }[] = [
  { label: 'no attention, one direction', pairs: { bidirectional: false, attention: 'none' } },
  {
    label: 'no attention, reversed source, context at every step',
    pairs: { bidirectional: false, attention: 'none', reverseSource: true, context: 'every' },
    embedding: 3,
  },
  { label: 'no attention, both directions, context at every step', pairs: { attention: 'none', context: 'every' } },
  { label: 'dot attention, both directions, two layers', pairs: {}, layers: 2, embedding: 3 },
  { label: 'dot attention, one direction', pairs: { bidirectional: false } },
  {
    label: 'additive attention, fused directions, context at every step',
    pairs: { attention: 'additive', fusion: 'tanh', context: 'every' },
  },
  { label: 'an ensemble with dot attention', pairs: {}, members: 3 },
  { label: 'an ensemble with context at every step', pairs: { attention: 'none', context: 'every' }, members: 2 },
].map(({ label, pairs, ...rest }) => ({
  label,
  options: { ...rest, pairs: { task: 'transduce', ...(pairs as Partial<Pairs>) } },
}));

/** Every cell with every transducer. The state of relu and linear units grows without bound, so their products are made smaller. */
export const TRANSDUCER_CASES = VARIANTS.flatMap(({ label: cell, ...variant }) =>
  TRANSDUCERS.map(({ label, options }, index) => ({
    label: `${cell}, ${label}`,
    scale: variant.activation === 'relu' || variant.activation === 'linear' ? 1 : 2,
    seed: 40 + index,
    options: { ...options, ...variant } as ModelOptions,
  })),
);

/** Runs one pair in one teacher-forced forward pass: nothing is stepped, moved or shared. */
export class WholePairRun {
  readonly #open: OpenModel;

  constructor(
    { config, parameters }: TinyModel,
    sourceSteps: number,
    steps: number,
    arithmetic: Arithmetic | KernelChoice = JS,
  ) {
    this.#open = openModel(arithmetic, config, parameters, { steps, sourceSteps, rows: 1, training: false });
  }

  /** [T][V] logits of each member after each of the symbols that the decoder reads; taggers and classifiers read none of them. */
  memberLogits(source: readonly number[], read: readonly number[]): number[][][] {
    const { model, kernels } = this.#open;
    const { symbols: V } = model.config;
    const sourceSteps = longestSource([source]);
    writeSources(kernels.ints, model.source!, 1, { start: 0, end: 1 }, sourceSteps, [source]);
    kernels.ints.set(read, model.inputs);
    kernels.ints.fill(1, model.keep, model.keep + read.length);
    model.forward(kernels, { start: 0, end: 1 }, { steps: read.length, sourceSteps });
    return model.members.map(({ logits }) =>
      read.map((_, step) => [...kernels.floats.subarray(logits + step * V, logits + (step + 1) * V)]),
    );
  }

  /** [T][V] log-probabilities: of an ensemble, the logarithms of mean probabilities. */
  logs(source: readonly number[], read: readonly number[]): number[][] {
    const members = this.memberLogits(source, read).map((own) => own.map(logSoftmaxOf));
    return read.map((_, step) =>
      members[0]![step]!.map((__, id) =>
        Math.log(members.reduce((sum, own) => sum + Math.exp(own[step]![id]!), 0) / members.length),
      ),
    );
  }

  /** Σ log p of a transducer's symbols after `<stop>`, the last `<stop>` included where it is one of `ids`. */
  logProbability(source: readonly number[], ids: readonly number[]): number {
    const logs = this.logs(source, [0, ...ids.slice(0, -1)]);
    return ids.reduce((sum, id, at) => sum + logs[at]![id]!, 0);
  }
}

function logSoftmaxOf(logits: readonly number[]): number[] {
  const greatest = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - greatest), 0);
  return logits.map((logit) => logit - greatest - Math.log(sum));
}
