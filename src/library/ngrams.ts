import { Reader } from '../decoding/reader.ts';
import { type Sequence, scoreSequences } from '../decoding/score.ts';
import { message, option, UsageError, UserError } from '../errors.ts';
import { classifyErrors, countWords, type ErrorShare } from '../insight/ngrams/error-classes.ts';
import { type GramText, meanOf, ngramLosses } from '../insight/ngrams/kneser-ney.ts';
import { gramText } from '../insight/ngrams/part-text.ts';
import { parseOptions } from '../schema.ts';
import { readCorpus } from '../text/read-corpus.ts';
import { wholeCorpus } from '../text/split.ts';
import { hasLearned, partOf } from './evaluate.ts';
import type { LanguageModel } from './language-model.ts';
import { type NgramRequest, ngramSchema } from './ngram-options.ts';

/** A network beside n-gram models, on the same symbols. Losses are means in nats a symbol. */
export interface NgramComparison {
  readonly symbols: number;
  readonly network: number;
  readonly orders: readonly { readonly order: number; readonly loss: number }[];
  /** What the network's errors are. */
  readonly errors: readonly ErrorShare[];
  /** Whether this is the validation part, and the network, but not the n-gram models, has learned it in a last phase. */
  readonly learned?: true;
}

/** The n-gram models whose knowledge the classes of errors ask for. */
const KNOWN_ORDERS = 9;

/**
 * Measures a network and interpolated n-gram models (modified Kneser-Ney) of the same training text on a text, symbol by symbol, and says what the network's
 * errors are. The n-gram models learn from the training part of the text, where another part is measured, or from the texts `training`.
 */
export async function compareNgrams(
  model: LanguageModel,
  text: readonly string[],
  request: NgramRequest = {},
): Promise<NgramComparison> {
  const { orders, training, part: name } = parseOptions(ngramSchema, request);
  if ((name === 'all') === (training.length === 0)) {
    throw new UsageError(
      message`n-gram models need a training text: measure a ${option('part')} of it, or name it with ${option('training')}`,
    );
  }
  const { vocabulary } = model;
  const corpus = await readCorpus(text, { vocabulary });
  const tested = partOf(corpus, model, name);
  const learned =
    training.length > 0 ? wholeCorpus(await readCorpus(training, { vocabulary })) : partOf(corpus, model, 'train');
  if (tested.targets === 0) throw new UserError('there is nothing to predict in the text; give more text');
  const [train, test] = [gramText(learned), gramText(tested)];
  const most = Math.max(orders.most, KNOWN_ORDERS);
  const { losses, surprisals } = ngramLosses(train, test, vocabulary.size, most);
  const network = networkLosses(model, test);
  const symbolOf = (id: number): string => (id === vocabulary.stop ? '\n' : vocabulary.decode([id]));
  const words = countWords(Array.from(train.ids, symbolOf));
  return {
    symbols: tested.targets,
    network: meanOf(network),
    orders: losses
      .map((loss, index) => ({ order: index + 1, loss }))
      .filter(({ order }) => order >= orders.least && order <= orders.most),
    errors: classifyErrors({
      symbols: Array.from(test.ids, symbolOf),
      network,
      ngrams: surprisals.slice(0, KNOWN_ORDERS),
      wordCount: (word) => words.get(word) ?? 0,
    }),
    ...(hasLearned(model, name) && { learned: true }),
  };
}

/** −log p of each symbol by the network, in the order of the n-gram models' text; NaN of the symbols that are given. */
function networkLosses(model: LanguageModel, { ids, starts }: GramText): Float32Array {
  const sequences = Array.from(starts, (start, index): Sequence => {
    const end = starts[index + 1] ?? ids.length;
    return { start: ids[start]!, ids: ids.subarray(start + 1, end) };
  });
  const reader = new Reader(model.choice, model.checkpoint.model, model.checkpoint.parameters);
  const found = new Float32Array(ids.length).fill(Number.NaN);
  for (const [index, losses] of scoreSequences(reader, sequences).entries()) found.set(losses, starts[index]! + 1);
  return found;
}
