import { inOption, message, option, UserError } from '../errors.ts';
import { parseOptions } from '../schema.ts';
import { type Corpus, isCorpus, type LeftOut } from '../text/corpus.ts';
import type { PartName } from '../text/parts.ts';
import { readCorpus } from '../text/read-corpus.ts';
import { type Part, wholeCorpus } from '../text/split.ts';
import { stringOf } from '../text/text.ts';
import { textParts } from '../training/complete-recipe.ts';
import { evaluateModel } from '../training/evaluate-model.ts';
import { type EvaluationRequest, evaluationSchema } from './evaluation-options.ts';
import { hasLearnedValidation, ownParts } from './held-out.ts';
import { requireModel, runOf } from './inspect.ts';
import type { LanguageModel } from './language-model.ts';

/** How well a model predicts a text. */
export interface EvaluationResult {
  /** Symbols that were predicted. */
  readonly symbols: number;
  /** Mean of −ln p, in nats a symbol. */
  readonly loss: number;
  /** The loss in bits a symbol. */
  readonly bits: number;
  /** e^loss. */
  readonly perplexity: number;
  /** Share of the symbols that the model thought the likeliest. */
  readonly accuracy: number;
  /** What was left out of the text because the model does not know it; undefined where nothing was. */
  readonly leftOut?: LeftOut;
  /**
   * The loss of the same part that training measured for the same parameters. Training reads a stream in as many rows as its batch has,
   * each from the state 0; this function reads it in one row from end to end, so that its loss is a little smaller.
   */
  readonly trainingLoss?: number;
  /** Whether this is the validation part, and the model has learned it in a last phase. Then the loss says little about other text. */
  readonly learned?: true;
}

/**
 * Measures how well a model predicts text files (`-` is standard input) or a corpus that the model's vocabulary has read. UserError
 * for a text that can't be read, or that has nothing to predict. `say` is told of what was read otherwise than it stands in the files: line ends, say.
 */
export async function evaluate(
  model: LanguageModel,
  text: readonly string[] | Corpus,
  request: EvaluationRequest = {},
  say: (note: string) => void = () => {},
): Promise<EvaluationResult> {
  requireModel(model);
  const { part: name, only, dynamic, ...place } = parseOptions(evaluationSchema, request);
  const corpus = isCorpus(text)
    ? text
    : await readCorpus(text, { vocabulary: model.vocabulary, leaveOutUnknown: true });
  for (const remark of corpus.remarks) say(remark);
  const part = partOf(corpus, model, name);
  const where = name === 'all' ? 'the text' : `the ${name} part`;
  if (part.targets === 0) {
    throw new UserError(`there is nothing to predict in ${where}: it has too few symbols; give more text`);
  }
  const counted = only === undefined ? undefined : new Set(inOption('only', () => model.vocabulary.encodeKnown(only)));
  const { loss, symbols, accuracy = 0 } = await evaluateModel(model.checkpoint, part, place, dynamic, counted);
  if (symbols === 0) {
    throw new UserError(
      message`none of the symbols of ${option('only')} ${only === undefined ? '' : stringOf(only)} is in ${where}; give others`,
    );
  }
  if (!Number.isFinite(loss)) {
    const cure = dynamic ? message`use a smaller ${option('dynamic.rate')}` : 'use another checkpoint';
    throw new UserError(message`the loss in ${where} is ${loss}: it is too large for a number; ${cure}`);
  }
  const isAsTrained = name !== 'all' && counted === undefined && dynamic === undefined;
  const trainingLoss = isAsTrained ? measuredInTraining(model, name) : undefined;
  return {
    symbols,
    loss,
    bits: loss / Math.LN2,
    perplexity: Math.exp(loss),
    accuracy,
    ...(corpus.leftOut && { leftOut: corpus.leftOut }),
    ...(trainingLoss !== undefined && { trainingLoss }),
    ...(hasLearned(model, name) && { learned: true }),
  };
}

/** Whether a part was held out to validate, and the model has learned it all the same. */
export function hasLearned(model: LanguageModel, part: PartName | 'all'): boolean {
  return part === 'validation' && hasLearnedValidation(runOf(model));
}

/** The loss of a part that was held out, as the run measured it at the step of the model; undefined where it did not. */
function measuredInTraining(model: LanguageModel, part: PartName): number | undefined {
  if (part === 'train') return undefined;
  const { step, history } = runOf(model);
  return history.find((point) => point.step === step)?.[part];
}

/** The whole text, or a part of it as the model's own run split it. UserError for a part of a text that the model was not trained on, and for one that the run did not hold out. */
export function partOf(corpus: Corpus, model: LanguageModel, name: PartName | 'all'): Part {
  if (name === 'all') return wholeCorpus(corpus);
  const run = runOf(model);
  const parts = ownParts(run, corpus);
  if (!parts) {
    throw new UserError(
      message`${model.name} was trained on another text than this one, so that it has no ${name} part; give its own text, or leave out ${option('part')}`,
    );
  }
  const sizes = textParts(run.recipe);
  if (name !== 'train' && sizes[name] === 0) {
    const other =
      name === 'test' && sizes.validation > 0 ? 'measure the validation part' : message`leave out ${option('part')}`;
    throw new UserError(message`this run held out no ${name} part; train with ${option(name)}, or ${other}`);
  }
  return parts[name];
}
