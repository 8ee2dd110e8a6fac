import type * as z from 'zod';
import { countedMarginals, exactMarginals, independentTexts, type Marginals } from '../decoding/marginals.ts';
import { SAMPLE_LENGTHS } from '../decoding/options.ts';
import { promptOf } from '../decoding/prompt.ts';
import { inOption, message, option, UserError } from '../errors.ts';
import { Stepper } from '../nn/stepper.ts';
import { parseOptions } from '../schema.ts';
import { stringOf } from '../text/text.ts';
import { type IndependentRequest, independentSchema } from './independent-options.ts';
import type { LanguageModel } from './language-model.ts';

/** Beginnings of texts that are followed side by side for exact marginals. */
const ROWS = 2048;

/** Exact marginals are refused where texts of more than this probability are not followed. */
const MOST_MISSING = 0.05;

/** Texts whose positions were drawn by themselves, and what is left out of the marginals that they were drawn from. */
export interface IndependentTexts {
  readonly texts: readonly { readonly text: string; readonly completion: string; readonly ids: readonly number[] }[];
  /** The probability of the texts that the marginals leave out. */
  readonly missing: number;
}

/**
 * Draws texts position by position, each from its marginal p(x_t), as if positions had nothing to do with each other. UserError where a model has
 * too many likely texts for exact marginals.
 */
export async function sampleIndependently(
  model: LanguageModel,
  request: IndependentRequest = {},
): Promise<IndependentTexts> {
  const { marginals: counted, ...options } = parseOptions(independentSchema, request);
  const marginals = counted === undefined ? exactOf(model, options) : await countedOf(model, options, counted);
  const { stop } = model.vocabulary;
  const drawn = independentTexts(marginals, { seed: options.seed, stop });
  const texts = Array.from({ length: options.count }, () => {
    const ids = drawn.next().value;
    const completion = model.vocabulary.decode(ids);
    return { text: stringOf(options.prefix) + completion, completion, ids };
  });
  return { texts, missing: marginals.missing };
}

type Options = Omit<z.output<typeof independentSchema>, 'marginals'>;

function lengthOf(model: LanguageModel, { length: given }: Options): number {
  return given ?? SAMPLE_LENGTHS[model.vocabulary.layout];
}

function exactOf(model: LanguageModel, options: Options): Marginals {
  const { model: config, parameters } = model.checkpoint;
  const prompt = inOption('prefix', () => promptOf(options.prefix, model.vocabulary));
  const found = exactMarginals(new Stepper(model.choice, config, parameters, ROWS), {
    prompt,
    length: lengthOf(model, options),
    stop: model.vocabulary.stop,
    most: ROWS,
  });
  if (found.missing <= MOST_MISSING) return found;
  throw new UserError(
    message`the model has too many likely texts for exact marginals (those that were left out have a probability of ${found.missing.toFixed(3)}); count them among ${option('marginals')} 10000 texts`,
  );
}

async function countedOf(model: LanguageModel, options: Options, among: number): Promise<Marginals> {
  const texts: number[][] = [];
  const stop = model.vocabulary.stop;
  const ordinary = { ...options, count: among, seed: `${options.seed}/marginals`, length: lengthOf(model, options) };
  for await (const { ids, stopped } of model.sample(ordinary)) {
    texts.push(stopped && stop !== undefined ? [...ids, stop] : [...ids]);
  }
  return countedMarginals(texts, model.vocabulary.size);
}
