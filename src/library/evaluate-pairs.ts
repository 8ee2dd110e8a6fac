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
import { UserError } from '../errors.ts';
import { chooseKernel, type KernelChoice } from '../kernel/choose.ts';
import { Stepper } from '../nn/stepper.ts';
import type { PairTask } from '../pair-task.ts';
import { parseOptions } from '../schema.ts';
import { type PairPart, wholePairs } from '../text/pair-split.ts';
import type { PairCorpus } from '../text/pairs.ts';
import { readPairs } from '../text/read-pairs.ts';
import { splitPairData } from '../training/data.ts';
import { readRun } from '../training/record.ts';
import { type PairEvaluationRequest, pairEvaluationSchema } from './evaluation-options.ts';
import { pairOptionsOf } from './material.ts';
import { readAgain } from './read-material.ts';
import type { SavedPairModel } from './saved-model.ts';

/** How well a model predicts the targets of pairs. */
export type PairEvaluation = {
  readonly pairs: number;
  /** Lines that could not be read, and were left out. */
  readonly skipped: number;
  /** Target symbols that were predicted, given those before them; of a transducer, every `<stop>`, too. */
  readonly symbols: number;
  /** Mean of −ln p, in nats a symbol. */
  readonly loss: number;
  /** The same in bits. */
  readonly bits: number;
  /** e^loss. */
  readonly perplexity: number;
} & (
  | { readonly task: 'transduce'; readonly sequences: SequenceAccuracy }
  | { readonly task: 'tag'; readonly tags: TagAccuracy }
  | { readonly task: 'classify'; readonly classes: ClassFigures }
);

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
  const { part: name, k, columns, kernel } = parseOptions(pairEvaluationSchema, request);
  let skipped = 0;
  const skip = (problem: UserError): void => {
    skipped++;
    onProblem?.(problem);
  };
  const part =
    name === 'all'
      ? wholePairs(
          await readPairs(sources, { ...pairOptionsOf(model), columns, onProblem: onProblem ? skip : undefined }),
        )
      : await readPart(model, sources, name);
  const pairs = idPairsOf(part);
  if (pairs.length === 0) throw new UserError(`the ${name} part has no pair; measure another part, or all`);
  const choice = chooseKernel(kernel);
  const { model: config, parameters } = model.checkpoint;
  const reader = new PairReader(choice, config, parameters);
  const losses = reader.losses(pairs);
  const symbols = losses.reduce((sum, own) => sum + own.length, 0);
  const loss = losses.reduce((sum, own) => own.reduce((all, each) => all + each, sum), 0) / symbols;
  const figures = { pairs: pairs.length, skipped, symbols, loss, bits: loss / Math.LN2, perplexity: Math.exp(loss) };
  return { ...figures, ...measure(model, choice, reader, pairs, k) };
}

type Measured =
  | { readonly task: 'transduce'; readonly sequences: SequenceAccuracy }
  | { readonly task: 'tag'; readonly tags: TagAccuracy }
  | { readonly task: 'classify'; readonly classes: ClassFigures };

function measure(
  model: SavedPairModel,
  choice: KernelChoice,
  reader: PairReader,
  pairs: readonly IdPair[],
  width: number,
): Measured {
  const task: PairTask = model.task;
  if (task === 'transduce') return { task, sequences: sequenceAccuracy(decode(model, choice, pairs, width)) };
  const logits = reader.labelLogits(pairs.map(({ source }) => source));
  const likeliest = logits.map((own) => rankLabels(own, { count: 1 })[0]!.ids);
  if (task === 'tag') {
    return { task, tags: tagAccuracy(pairs.map(({ target }, at) => ({ target, predicted: likeliest[at]! }))) };
  }
  const vocabulary = model.vocabularies.target;
  const taken = pairs.map(({ target }, at) => ({ target: target[0]!, predicted: likeliest[at]![0]! }));
  const { labels, ...rest } = confusionOf(vocabulary.size, taken);
  return { task, classes: { ...rest, labels: labels.map((own) => ({ ...own, label: vocabulary.label(own.label) })) } };
}

/** The target that a transducer finds for each different source, and the targets that are right. */
function* decode(
  { checkpoint, vocabularies }: SavedPairModel,
  choice: KernelChoice,
  pairs: readonly IdPair[],
  width: number,
): Generator<Prediction> {
  const groups = groupTargets(pairs, (source) => Array.from(source).join(' '));
  const stepper = new Stepper(choice, checkpoint.model, checkpoint.parameters, Math.max(width, ROWS));
  const stops = Stops.of(vocabularies.target);
  const options = {
    prompt: [stops.symbol!],
    width,
    finished: width,
    length: BEAM_LENGTHS.lines,
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
  name: 'train' | 'validation' | 'test',
): Promise<PairPart> {
  const run = readRun(model.checkpoint, model.name);
  const material = await readAgain(sources, model, run, undefined);
  if (material.kind !== 'pairs') throw new RangeError('a model of pairs is trained on pairs');
  return splitPairData(material.corpus, run.recipe, material.heldOut)[name];
}

function idPairsOf({ corpus, pairs }: PairPart): IdPair[] {
  const idsOf = ({ ids, starts }: PairCorpus['source'], pair: number) => ids.subarray(starts[pair], starts[pair + 1]);
  return Array.from(pairs, (pair) => ({ source: idsOf(corpus.source, pair), target: idsOf(corpus.target, pair) }));
}
