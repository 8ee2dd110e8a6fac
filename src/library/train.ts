import { type Corpus, type CorpusOptions, readCorpus } from '../text/corpus.ts';
import type { TrainEvent } from '../training/events.ts';
import type { Place } from '../training/options.ts';
import { type RecipeOptions, resolveRecipe } from '../training/recipe.ts';
import { type TrainOptions, train as trainCorpus } from '../training/trainer.ts';

export interface TrainingOptions extends RecipeOptions {
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
    recipe: resolveRecipe(recipe),
    place: { kernel: 'auto', ...place },
    ...(signal ? { signal } : {}),
    ...(resume ? { resume } : {}),
  });
}
