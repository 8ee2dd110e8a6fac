import * as z from 'zod';
import { inOption, message, option, UserError } from '../errors.ts';
import { parseOptions, rule } from '../schema.ts';
import { type Corpus, readCorpus } from '../text/corpus.ts';
import { type Part, splitCorpus, wholeCorpus } from '../text/split.ts';
import { evaluateModel } from '../training/dynamic.ts';
import { placeSchema } from '../training/place.ts';
import { runOf } from './inspect.ts';
import type { LanguageModel } from './language-model.ts';

/** How a model keeps learning while it is measured: dynamic evaluation. */
export const dynamicSchema = z.strictObject({
  rate: z.number().positive().default(0.0003).describe('learning rate of dynamic evaluation'),
  steps: z.int().min(1).max(100_000).default(32).describe('symbols between its updates'),
  decay: z
    .number()
    .min(0)
    .lt(1)
    .default(0.001)
    .describe('share of the way that the parameters go back to the checkpoint after each update'),
});

/** What evaluation can be told. */
export const evaluationSchema = z
  .strictObject({
    part: z
      .enum(['all', 'train', 'validation', 'test'])
      .default('all')
      .describe('measure a part only, of the text that the model was trained on'),
    only: z
      .string()
      .optional()
      .describe('measure these symbols only: 01, for example, where the answers are 0 or 1 (see rnn corpus)'),
    dynamic: dynamicSchema.optional(),
    threads: z
      .int()
      .min(1)
      .max(256)
      .default(1)
      .describe('threads for a model of lines; a stream is read by one thread'),
    kernel: placeSchema.shape.kernel,
  })
  .superRefine(
    rule(({ only, dynamic }) => {
      if (only === undefined || dynamic === undefined) return undefined;
      return message`${option('only')} can’t be given with ${option('dynamic')}, which learns from all symbols; leave one out`;
    }),
  );

export type EvaluationRequest = z.input<typeof evaluationSchema>;

/** How well a model predicts a text. */
export interface EvaluationResult {
  /** Symbols that were predicted. */
  readonly symbols: number;
  /** Mean of −ln p, in nats a symbol. */
  readonly loss: number;
  /** The same in bits. */
  readonly bits: number;
  /** e^loss. */
  readonly perplexity: number;
  /** Share of the symbols that the model thought the likeliest. */
  readonly accuracy: number;
}

/**
 * Measures how well a model predicts text files (`-` is standard input) or a corpus that the model's vocabulary has read. UserError
 * for a text that can't be read, or that has nothing to predict.
 */
export async function evaluate(
  model: LanguageModel,
  text: readonly string[] | Corpus,
  request: EvaluationRequest = {},
): Promise<EvaluationResult> {
  const { part: name, only, dynamic, ...place } = parseOptions(evaluationSchema, request);
  const corpus = 'ids' in text ? text : await readCorpus(text, { vocabulary: model.vocabulary });
  const part = partOf(corpus, model, name);
  const where = name === 'all' ? 'the text' : `the ${name} part`;
  if (part.targets === 0) {
    throw new UserError(`there is nothing to predict in ${where}: it has too few symbols; give more text`);
  }
  const counted = only === undefined ? undefined : new Set(inOption('only', () => model.vocabulary.encode(only)));
  const { loss, symbols, correct = 0 } = await evaluateModel(model.checkpoint, part, place, dynamic, counted);
  if (symbols === 0) {
    throw new UserError(message`none of the symbols of ${option('only')} ${only ?? ''} is in ${where}; give others`);
  }
  return { symbols, loss, bits: loss / Math.LN2, perplexity: Math.exp(loss), accuracy: correct / symbols };
}

/** The whole text, or a part of it as the model's own run split it. UserError for a part of a text that the model was not trained on. */
export function partOf(corpus: Corpus, model: LanguageModel, name: 'all' | 'train' | 'validation' | 'test'): Part {
  if (name === 'all') return wholeCorpus(corpus);
  const run = runOf(model);
  if (corpus.hash !== run.corpus.hash) {
    throw new UserError(
      message`${model.name} was trained on another text than this one, so that it has no ${name} part; give its own text, or leave out ${option('part')}`,
    );
  }
  return splitCorpus(corpus, run.recipe)[name];
}
