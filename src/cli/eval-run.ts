import { inOption } from '../decoding/requests.ts';
import { UsageError, UserError } from '../errors.ts';
import { type Corpus, readCorpus } from '../text/corpus.ts';
import { type Part, splitCorpus, wholeCorpus } from '../text/split.ts';
import { evaluateModel } from '../training/evaluate-model.ts';
import type { Evaluation } from '../training/evaluate-part.ts';
import { readRun } from '../training/record.ts';
import { type LoadedModel, openCheckpoint } from './checkpoints.ts';
import type { EvalCommandOptions } from './eval.ts';
import { grouped, lossText, Output, table } from './output.ts';

/** Measures a model on a text, and prints what came out. */
export async function evaluateText(sources: readonly string[], options: EvalCommandOptions): Promise<void> {
  const model = openCheckpoint(options.checkpoint, options.quiet === true);
  const corpus = await readCorpus(sources, { vocabulary: model.vocabulary });
  const part = partOf(corpus, model, options.part);
  if (part.targets === 0) {
    throw new UserError(
      `there is nothing to predict in ${nameOf(options.part)}: it has too few symbols; give more text`,
    );
  }
  const { dynamicLr: rate, dynamicSteps: steps, dynamicDecay: decay } = options;
  const dynamic = options.dynamic ? { rate, steps, decay } : undefined;
  const only = onlyOf(options, model);
  const evaluation = await evaluateModel(model.checkpoint, part, options, dynamic, only);
  if (evaluation.symbols === 0) {
    throw new UserError(`none of the symbols of --only ${options.only} is in ${nameOf(options.part)}; give others`);
  }
  const output = new Output();
  await output.line(options.json ? JSON.stringify(facts(evaluation)) : text(evaluation));
  await output.flush();
}

/** The ids of --only. */
function onlyOf({ only, dynamic }: EvalCommandOptions, { vocabulary }: LoadedModel): ReadonlySet<number> | undefined {
  if (only === undefined) return undefined;
  if (dynamic)
    throw new UsageError('--only can’t be given with --dynamic, which learns from all symbols; leave one out');
  return new Set(inOption('--only', () => vocabulary.encode(only)));
}

/** All of the text, or a part of the run's own split of it. */
function partOf(corpus: Corpus, { checkpoint, path }: LoadedModel, name: EvalCommandOptions['part']): Part {
  if (name === 'all') return wholeCorpus(corpus);
  const run = readRun(checkpoint, path);
  if (corpus.hash !== run.corpus.hash) {
    throw new UserError(
      `${path} was trained on another text than this one, so that it has no ${name} part; give its own text, or leave out --part`,
    );
  }
  return splitCorpus(corpus, run.recipe)[name];
}

function nameOf(part: EvalCommandOptions['part']): string {
  return part === 'all' ? 'the text' : `the ${part} part`;
}

function facts({ loss, symbols, correct = 0 }: Evaluation): Record<string, number> {
  return { symbols, loss, bits: loss / Math.LN2, perplexity: Math.exp(loss), accuracy: correct / symbols };
}

function text(evaluation: Evaluation): string {
  const { symbols = 0, loss = 0, perplexity = 0, accuracy = 0 } = facts(evaluation);
  return table([
    ['symbols', grouped(symbols)],
    ['loss', `${lossText(loss)} a symbol`],
    ['perplexity', perplexity.toFixed(3)],
    ['accuracy', `${(100 * accuracy).toFixed(2)} %`],
  ]);
}
