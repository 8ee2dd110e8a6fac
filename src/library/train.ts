import { NO_DROPOUT } from '../nn/dropout.ts';
import { type Corpus, type CorpusOptions, readCorpus } from '../text/corpus.ts';
import type { TrainEvent } from '../training/events.ts';
import { DEFAULT_RATES, OPTIMIZER_DEFAULTS } from '../training/optimizer.ts';
import type { Place, Recipe } from '../training/options.ts';
import { SCHEDULE_DEFAULTS } from '../training/schedule.ts';
import { type TrainOptions, train as trainCorpus } from '../training/trainer.ts';

/** A recipe of which only what differs from `rnn train`'s defaults is said. */
export type PartialRecipe = {
  readonly [Key in keyof Recipe]?: Recipe[Key] extends object ? Partial<Recipe[Key]> : Recipe[Key];
};

export interface TrainingOptions extends PartialRecipe {
  /** How the text is read. */
  readonly text?: CorpusOptions;
  /** Where it runs: no bit of the result depends on it. */
  readonly place?: Partial<Place>;
  readonly signal?: TrainOptions['signal'];
  readonly resume?: TrainOptions['resume'];
}

/**
 * Trains a model: an iterator of events, of which the caller shows and saves what it likes. Without a limit it ends where
 * `rnn train` would.
 *
 *     for await (const event of train('book.txt', { model: { hidden: 256 }, limits: { seconds: 180 } })) {
 *       if (event.type === 'report') console.log(event.point.loss);
 *       if (event.type === 'checkpoint' && event.kind === 'best') saveCheckpoint('book.json', event.snapshot());
 *     }
 *
 * @param text the path of a text file, or several, read one after the other; or a corpus that has been read
 *
 * UserError for a text that can't be read, a recipe that can't be followed, and when the loss is no longer a number; the
 * checkpoints made before are good.
 */
export async function* train(
  text: string | readonly string[] | Corpus,
  options: TrainingOptions = {},
): AsyncGenerator<TrainEvent, void, void> {
  const { text: reading, place, signal, resume, ...recipe } = options;
  const sources = typeof text === 'string' ? [text] : text;
  const corpus = 'ids' in sources ? sources : await readCorpus(sources, reading);
  yield* trainCorpus(corpus, {
    recipe: completeRecipe(recipe),
    place: { kernel: 'auto', ...place },
    ...(signal ? { signal } : {}),
    ...(resume ? { resume } : {}),
  });
}

/** The recipe that `rnn train` follows, where nothing else is said. */
export function completeRecipe(recipe: PartialRecipe = {}): Recipe {
  const { model, optimizer, schedule, dropout, bptt = 64, clipValue = Number.POSITIVE_INFINITY, ...rest } = recipe;
  const { name = 'adam' } = optimizer ?? {};
  return {
    initializer: 'uniform',
    bptt,
    stride: bptt,
    rate: DEFAULT_RATES[name],
    averaging: 0,
    clipNorm: clipValue === Number.POSITIVE_INFINITY ? 1 : Number.POSITIVE_INFINITY,
    clipValue,
    validation: 0.05,
    test: 0,
    onDivergence: 'stop',
    seed: '1',
    ...rest,
    limits: { ...rest.limits },
    model: {
      cell: 'lstm',
      activation: 'tanh',
      reset: 'before',
      layers: 2,
      hidden: 128,
      embedding: 0,
      tied: false,
      members: 1,
      ...model,
    },
    optimizer: { ...OPTIMIZER_DEFAULTS, name, ...optimizer },
    schedule: { ...SCHEDULE_DEFAULTS, name: 'cosine', ...schedule },
    dropout: { ...NO_DROPOUT, ...dropout },
  };
}
