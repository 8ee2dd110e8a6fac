import * as z from 'zod';
import { UserError } from '../errors.ts';
import { firstMember } from '../insight/first-member.ts';
import { type GradientFlow, measureFlow } from '../insight/gradient-flow.ts';
import { greatestLag } from '../insight/positions.ts';
import { traceText } from '../insight/trace.ts';
import { evaluationSchema } from '../library/evaluation-options.ts';
import { gradientFlowSchema, LAGS } from '../library/gradient-flow-options.ts';
import type { LanguageModel } from '../library/language-model.ts';
import { Stepper } from '../nn/stepper.ts';
import { parseOptions } from '../schema.ts';
import { corpusFromText } from '../text/corpus.ts';
import { type Part, wholeCorpus } from '../text/split.ts';
import type { Text } from '../text/text.ts';
import { evaluateModel } from '../training/evaluate-model.ts';

const flowSchema = gradientFlowSchema.pick({ lags: true, positions: true, double: true });

const readingSchema = z.strictObject({
  length: z.int().min(1).max(100_000).default(1000).describe('the most symbols that are read'),
});

const accuracySchema = z.strictObject({ only: evaluationSchema.shape.only });

/**
 * ‖∂L_t/∂s_{t−n}‖ for each layer and lag n, averaged over positions t of a text: how far the gradient of the loss reaches back. It is what
 * `rnn gradflow` prints (insight/gradient-flow.ts has the formulas). Of an ensemble, the first member is measured.
 *
 * UserError for a text that the model can't read, or that has nothing to predict. It is computed at once: call it in a worker.
 */
export function gradientFlow(model: LanguageModel, text: Text, options: z.input<typeof flowSchema> = {}): GradientFlow {
  const { lags = LAGS, positions, double } = parseOptions(flowSchema, options);
  const { model: config, parameters } = model.checkpoint;
  const part = partOf(model, text);
  const network = firstMember({ name: model.name, config, parameters });
  const arithmetic = double ? 'double' : model.choice;
  return measureFlow(network.config, network.parameters, part, {
    arithmetic,
    lags: Math.min(lags, greatestLag(part)),
    positions,
  });
}

/** A symbol that was read. */
export interface ReadSymbol {
  readonly id: number;
  /** As it is shown: `<stop>`, `<unk>`, or the symbol, where an invisible one is an escape. */
  readonly symbol: string;
  /** What it adds to a text: a newline for the `<stop>` of a line. */
  readonly text: string;
  /** −log₂ p: how surprising it was. NaN for the first symbol of a stream, which is not predicted. */
  readonly bits: number;
}

/** What the units of a model do while it reads a text of N symbols. */
export interface Activations {
  readonly symbols: readonly ReadSymbol[];
  /** How many layers there are, and how many units each of them has. */
  readonly layers: number;
  readonly hidden: number;
  /** The activation of each unit after each symbol, [N][layers][hidden]: tanh c of an LSTM, else h. The bottom layer is the first. */
  readonly values: Float32Array;
}

/**
 * Reads a text from its start, and gives the activation of every unit after each symbol (insight/trace.ts). Each line of a model of lines
 * starts from a state of zero. Of an ensemble, the units are those of the first member.
 *
 * UserError for a text that the model can't read. It is computed at once: call it in a worker.
 */
export function activations(
  model: LanguageModel,
  text: Text,
  options: z.input<typeof readingSchema> = {},
): Activations {
  const { length } = parseOptions(readingSchema, options);
  const { model: config, parameters } = model.checkpoint;
  const part = partOf(model, text);
  const trace = traceText(new Stepper(model.choice, config, parameters, 1), part, Math.min(length, part.ids.length));
  const { vocabulary } = model;
  return {
    symbols: trace.ids.map((id, at) => ({
      id,
      symbol: vocabulary.label(id),
      text: id === vocabulary.stop ? '\n' : vocabulary.decode([id]),
      bits: trace.surprisals[at]! / Math.LN2,
    })),
    layers: config.layers,
    hidden: config.hidden,
    values: trace.activations,
  };
}

/** How well a model predicts a text. */
export interface Accuracy {
  /** Symbols that were predicted. */
  readonly symbols: number;
  /** Mean of −ln p, in nats a symbol. */
  readonly loss: number;
  /** The share of them that the model thought the likeliest. */
  readonly accuracy: number;
}

/**
 * How well a model predicts a text, or, with `only`, the symbols that are named: the answers of a task, for example. It is what `rnn eval`
 * prints. UserError for a text that the model can't read, or that has nothing to predict.
 */
export async function evaluate(
  model: LanguageModel,
  text: Text,
  options: z.input<typeof accuracySchema> = {},
): Promise<Accuracy> {
  const { only } = parseOptions(accuracySchema, options);
  const counted = only === undefined ? undefined : new Set(model.vocabulary.encodeKnown(only));
  const place = { kernel: model.choice.name, threads: 1 };
  const found = await evaluateModel(model.checkpoint, partOf(model, text), place, undefined, counted);
  return { symbols: found.symbols, loss: found.loss, accuracy: found.accuracy ?? 0 };
}

/** The whole text, as the model's vocabulary reads it. */
function partOf(model: LanguageModel, text: Text): Part {
  const part = wholeCorpus(corpusFromText(text, { vocabulary: model.vocabulary }));
  if (part.targets === 0) throw new UserError('the text has nothing to predict; give a text of at least two symbols');
  return part;
}
