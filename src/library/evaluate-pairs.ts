import {
  groupTargets,
  type Prediction,
  type SequenceAccuracy,
  sequenceAccuracy,
  type TagAccuracy,
  tagAccuracy,
} from '../decoding/accuracy.ts';
import { type Confusion, confusionOf } from '../decoding/confusion.ts';
import { rankLabels } from '../decoding/labels.ts';
import { BEAM_LENGTHS } from '../decoding/options.ts';
import { type IdPair, PairReader } from '../decoding/pair-reader.ts';
import { Stops } from '../decoding/stops.ts';
import { beamTargets } from '../decoding/transduce.ts';
import { message, option, UsageError, UserError } from '../errors.ts';
import { chooseKernel, type KernelChoice } from '../kernel/choose.ts';
import { Stepper } from '../nn/stepper.ts';
import type { PairTask } from '../pair-task.ts';
import { parseOptions, requirePath } from '../schema.ts';
import { type PairPart, wholePairs } from '../text/pair-split.ts';
import type { PairCorpus } from '../text/pairs.ts';
import type { PartName } from '../text/parts.ts';
import { readPredictions } from '../text/predictions.ts';
import { readPairs } from '../text/read-pairs.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { splitPairData } from '../training/data.ts';
import { readRun } from '../training/record.ts';
import {
  type PairEvaluationRequest,
  type PredictionRequest,
  pairEvaluationSchema,
  predictionSchema,
} from './evaluation-options.ts';
import { requireModel } from './inspect.ts';
import { pairOptionsOf } from './material.ts';
import { readAgain } from './read-material.ts';
import type { SavedPairModel } from './saved-model.ts';

/** How many targets are right, as it is counted for a task. */
export type PairAccuracy =
  | { readonly task: 'transduce'; readonly sequences: SequenceAccuracy }
  | { readonly task: 'tag'; readonly tags: TagAccuracy }
  | { readonly task: 'classify'; readonly classes: ClassFigures };

/** The pairs that were measured. */
interface Measured {
  readonly pairs: number;
  /** Lines that could not be read, and were left out. */
  readonly skipped: number;
}

/** How well a model predicts the targets of pairs. */
export type PairEvaluation = Measured & {
  /** Target symbols that were predicted, given those before them; of a transducer, every `<stop>`, too. */
  readonly symbols: number;
  /** Mean of −ln p, in nats a symbol. */
  readonly loss: number;
  /** The loss in bits a symbol. */
  readonly bits: number;
  /** e^loss. */
  readonly perplexity: number;
} & PairAccuracy;

/** How many of another program's predictions are right. */
export type PredictionEvaluation = Measured & {
  /** Pairs whose source has no prediction. They count as wrong. */
  readonly missing: number;
} & PairAccuracy;

/** The figures of a classifier. Row and column number i of the matrix are label number i. */
export interface ClassFigures extends Omit<Confusion, 'labels'> {
  readonly labels: readonly (Omit<Confusion['labels'][number], 'label'> & { readonly label: string })[];
}

/** Pairs that are decoded side by side. */
const ROWS = 64;

/**
 * Measures a model of pairs on files of pairs (`-` is standard input). Equal sources of a transducer count once, and any of their targets is
 * right. `onProblem` is told of each line that can't be read; if it is not given, the first such line is an error.
 */
export async function evaluatePairs(
  model: SavedPairModel,
  sources: readonly string[],
  request: PairEvaluationRequest = {},
  onProblem?: (problem: UserError) => void,
): Promise<PairEvaluation> {
  requireModel(model);
  const { part: name, k, length, columns, kernel } = parseOptions(pairEvaluationSchema, request);
  const skipped = new Skipped(onProblem);
  const part =
    name === 'all'
      ? wholePairs(await readPairs(sources, { ...pairOptionsOf(model), columns, onProblem: skipped.tell }))
      : await readPart(model, sources, name, skipped.tell);
  const pairs = idPairsOf(part);
  if (pairs.length === 0) throw new UserError(`the ${name} part has no pair; measure another part, or all`);
  const choice = chooseKernel(kernel);
  const { model: config, parameters } = model.checkpoint;
  const reader = new PairReader(choice, config, parameters);
  const losses = reader.losses(pairs);
  const symbols = losses.reduce((sum, own) => sum + own.length, 0);
  const loss = losses.reduce((sum, own) => own.reduce((all, each) => all + each, sum), 0) / symbols;
  const measured = { pairs: pairs.length, skipped: skipped.count };
  const figures = { ...measured, symbols, loss, bits: loss / Math.LN2, perplexity: Math.exp(loss) };
  if (model.task === 'transduce') {
    const predictions = decode(model, choice, pairs, k, length);
    return { ...figures, task: model.task, sequences: sequenceAccuracy(predictions) };
  }
  const logits = reader.labelLogits(pairs.map(({ source }) => source));
  const likeliest = logits.map((own) => rankLabels(own, { count: 1 })[0]!.ids);
  return { ...figures, ...labelAccuracy(model.task, pairs, likeliest, model.vocabularies.target) };
}

/**
 * Measures another program's predictions for the pairs of some files. The predictions are lines of source, tab, target (`readPredictions`); only
 * one of the files may be standard input (`-`). The model only says how columns are read, and what the task is.
 */
export async function evaluatePredictions(
  model: SavedPairModel,
  sources: readonly string[],
  predictions: string,
  request: PredictionRequest = {},
  onProblem?: (problem: UserError) => void,
): Promise<PredictionEvaluation> {
  requireModel(model);
  requirePath(predictions, 'predictions');
  const { columns } = parseOptions(predictionSchema, request);
  if (predictions === '-' && sources.includes('-'))
    throw new UsageError(
      message`standard input is read only once; name a file of pairs or of ${option('predictions')}`,
    );
  const skipped = new Skipped(onProblem);
  const { vocabularies: _, ...reading } = pairOptionsOf(model);
  const corpus = await readPairs(sources, { ...reading, columns, onProblem: skipped.tell });
  const found = await readPredictions(predictions, corpus, { onProblem: skipped.tell });
  const pairs = idPairsOf(wholePairs(corpus)).map(({ source, target }) => ({
    source,
    target: Array.from(target, (id) => found.ids[id]!),
  }));
  const missing = found.predicted.filter((each) => each === undefined).length;
  const measured = { pairs: pairs.length, skipped: skipped.count, missing };
  if (model.task === 'transduce') {
    const sequences = sequenceAccuracy(
      groupTargets(
        pairs.map((pair, at) => ({
          source: { ids: pair.source, predicted: found.predicted[at] },
          target: pair.target,
        })),
        ({ ids }) => Array.from(ids).join(' '),
      ).map(({ source, targets }) => ({ predicted: source.predicted ?? [], targets })),
    );
    return { ...measured, task: model.task, sequences };
  }
  const predicted = found.predicted.map((each) => each ?? []);
  return { ...measured, ...labelAccuracy(model.task, pairs, predicted, found.vocabulary) };
}

/** Counts lines that can't be read. */
class Skipped {
  count = 0;
  /** Undefined where nobody is to be told, so that the first such line is an error. */
  readonly tell: ((problem: UserError) => void) | undefined;

  constructor(onProblem: ((problem: UserError) => void) | undefined) {
    this.tell =
      onProblem &&
      ((problem) => {
        this.count++;
        onProblem(problem);
      });
  }
}

/** How many predicted labels are right. A label that is missing is wrong. */
function labelAccuracy(
  task: Exclude<PairTask, 'transduce'>,
  pairs: readonly IdPair[],
  predicted: readonly (readonly number[])[],
  vocabulary: Vocabulary,
): PairAccuracy {
  if (task === 'tag')
    return { task, tags: tagAccuracy(pairs.map(({ target }, at) => ({ target, predicted: predicted[at]! }))) };
  const isMissing = predicted.some((own) => own.length !== 1);
  // A prediction that is no single label has a column of its own.
  const labels = vocabulary.size + Number(isMissing);
  const taken = pairs.map(({ target }, at) => {
    const own = predicted[at]!;
    return { target: target[0]!, predicted: own.length === 1 ? own[0]! : vocabulary.size };
  });
  const { labels: figures, ...rest } = confusionOf(labels, taken);
  const nameOf = (label: number) => (label < vocabulary.size ? vocabulary.label(label) : '(none)');
  return { task, classes: { ...rest, labels: figures.map((own) => ({ ...own, label: nameOf(own.label) })) } };
}

/** The target that a transducer finds for each different source, and the targets that are right. */
function* decode(
  { checkpoint, vocabularies }: SavedPairModel,
  choice: KernelChoice,
  pairs: readonly IdPair[],
  width: number,
  length: number | undefined,
): Generator<Prediction> {
  const groups = groupTargets(pairs, (source) => Array.from(source).join(' '));
  const stepper = new Stepper(choice, checkpoint.model, checkpoint.parameters, Math.max(width, ROWS));
  const stops = Stops.of(vocabularies.target);
  // A target can be found only where there is room for its symbols and its end.
  const longest = pairs.reduce((most, { target }) => Math.max(most, target.length + 1), 0);
  const options = {
    prompt: [stops.symbol!],
    width,
    finished: width,
    length: length ?? Math.max(BEAM_LENGTHS.lines, longest),
    lengthPenalty: 1,
    stops,
  };
  const sources = groups.map(({ source }) => source);
  let at = 0;
  for (const [best] of beamTargets(stepper, options, sources)) {
    yield { predicted: best!.ids.slice(0, best!.ids.length - best!.ending), targets: groups[at++]!.targets };
  }
}

/** A part of the pairs that the model was trained on. */
async function readPart(
  model: SavedPairModel,
  sources: readonly string[],
  name: PartName,
  onProblem: ((problem: UserError) => void) | undefined,
): Promise<PairPart> {
  const run = readRun(model.checkpoint, model.name);
  const material = await readAgain(sources, model, run, { onProblem });
  if (material.kind !== 'pairs') throw new RangeError('a model of pairs is trained on pairs');
  return splitPairData(material.corpus, run.recipe, material.heldOut)[name];
}

function idPairsOf({ corpus, pairs }: PairPart): IdPair[] {
  const idsOf = ({ ids, starts }: PairCorpus['source'], pair: number) => ids.subarray(starts[pair], starts[pair + 1]);
  return Array.from(pairs, (pair) => ({ source: idsOf(corpus.source, pair), target: idsOf(corpus.target, pair) }));
}
