import type { Json } from '../nn/checkpoint.ts';
import type { Model } from '../nn/model.ts';
import { createBatches } from '../text/batches.ts';
import type { Corpus } from '../text/corpus.ts';
import { evaluationBatches } from '../text/evaluation-batches.ts';
import { longestPair, PairBatches, type PairGrid, pairEvaluationBatches } from '../text/pair-batches.ts';
import { type HeldOut, type PairPart, type PairSplit, splitPairs } from '../text/pair-split.ts';
import type { PairCorpus } from '../text/pairs.ts';
import type { HeldOutName } from '../text/parts.ts';
import { type Part, splitCorpus } from '../text/split.ts';
import type { BatchOptions, Window } from '../text/windows.ts';
import { type Recipe, textParts } from './complete-recipe.ts';
import { fitBatch, fitPairBatch } from './fitting.ts';
import { type ResumeRecord, type RunRecord, toJson } from './record.ts';

/** A part of a corpus, of either kind. */
export type DataPart = Part | PairPart;

/** A window to be run: of pairs with the steps of their sources. */
export interface DataWindow extends Window {
  readonly sourceSteps: number;
  /** Of pairs that are evaluated: the number of the pair in each row. */
  readonly pairs?: readonly number[] | undefined;
}

/**
 * What a run learns from: a text, or pairs of texts. The trainer asks it for windows, and does not know which kind it is.
 */
export interface TrainingData {
  readonly train: DataPart;
  readonly validation: DataPart;
  readonly test: DataPart;
  /** What was asked for and could not be had, in a sentence each. */
  readonly notes: readonly string[];
  /** B rows, windows of k2 steps, k1 steps apart. A window of pairs is their longest target. */
  readonly batch: Required<BatchOptions>;
  /** The longest source of pairs; 0 of a text. */
  readonly sourceSteps: number;
  /** Whether states are reset before the first step of a window only. */
  readonly resetsAtStart: boolean;
  /** Targets of an update, on average. */
  readonly targetsPerStep: number;
  /** Of the model: V, and of pairs the symbols of the source. */
  readonly sizes: { readonly symbols: number; readonly sourceSymbols?: number };
  /** What a checkpoint keeps of the vocabularies, and of the corpus. */
  readonly vocabulary: Json;
  readonly corpus: RunRecord['corpus'];
  /** Writes the next window to the model's places. */
  next(model: Model, ints: Int32Array): DataWindow;
  /** All that decides the windows to come, and the way back to it. UserError for the state of other data. */
  state(): ResumeRecord['batches'];
  restore(state: ResumeRecord['batches']): void;
}

/** A text as training data. UserError for parts that can't be had. */
export function textData(corpus: Corpus, recipe: Recipe): TrainingData {
  const { train, validation, test, notes } = splitCorpus(corpus, textParts(recipe));
  const batch = fitBatch(train, recipe);
  const batches = createBatches(train, batch, `${recipe.seed}/order`);
  const { hash, files, mode, characters, vocabulary } = corpus;
  return {
    train,
    validation,
    test,
    notes,
    batch,
    sourceSteps: 0,
    resetsAtStart: mode === 'stream',
    targetsPerStep: batch.rows * batch.stride,
    sizes: { symbols: vocabulary.size },
    vocabulary: toJson(vocabulary.toJSON()),
    corpus: { hash, files: [...files], mode, characters, ...sizesOf(train, validation, test) },
    next(model, ints) {
      const { inputs, targets, keep } = viewsOf(model, ints);
      return { ...batches.next(inputs, targets, keep), sourceSteps: 0 };
    },
    state: () => batches.state() as ResumeRecord['batches'],
    restore(state) {
      batches.restore(state as never);
    },
  };
}

/** Parts of pairs that are held out as corpora of their own. */
export interface HeldOutPairs {
  readonly validation?: PairCorpus | undefined;
  readonly test?: PairCorpus | undefined;
}

/** Pairs as training data. UserError for parts that can't be had. */
export function pairData(corpus: PairCorpus, recipe: Recipe, heldOut: HeldOutPairs = {}): TrainingData {
  const split = splitPairData(corpus, recipe, heldOut);
  const parts = [split.train, split.validation, split.test];
  const longest = parts.map(longestPair);
  const rows = fitPairBatch(split.train, recipe);
  const window = Math.max(...longest.map(({ steps }) => steps));
  const batches = new PairBatches(split.train, rows, `${recipe.seed}/order`);
  const { source, target } = corpus;
  return {
    ...split,
    batch: { rows, window, stride: window },
    sourceSteps: Math.max(...longest.map(({ sourceSteps }) => sourceSteps)),
    resetsAtStart: true,
    targetsPerStep: split.train.targets / Math.ceil(split.train.pairs.length / rows),
    sizes: { symbols: target.vocabulary.size, sourceSymbols: source.vocabulary.size },
    vocabulary: toJson({ source: source.vocabulary.toJSON(), target: target.vocabulary.toJSON() }),
    corpus: {
      hash: corpus.hash,
      files: null,
      mode: 'pairs',
      characters: corpus.characters,
      columns: [...corpus.columns],
      ...(corpus.maxLength === undefined ? {} : { maxLength: corpus.maxLength }),
      ...(heldOut.validation ? { validationHash: heldOut.validation.hash } : {}),
      ...(heldOut.test ? { testHash: heldOut.test.hash } : {}),
      ...sizesOf(split.train, split.validation, split.test),
    },
    next(model, ints) {
      const window = batches.next(gridOf(model, ints));
      return { ...window, advance: window.steps };
    },
    state: () => batches.state(),
    restore(state) {
      batches.restore(state as never);
    },
  };
}

/** Pairs in parts, as a recipe asks for them. The parts that the recipe takes from files are given. */
export function splitPairData(corpus: PairCorpus, recipe: Recipe, heldOut: HeldOutPairs): PairSplit {
  const part = (name: HeldOutName): HeldOut => {
    const given = heldOut[name] ?? recipe[name];
    if (typeof given === 'string') throw new RangeError(`the ${name} part is a file, which must be read first`);
    return given;
  };
  return splitPairs(corpus, { validation: part('validation'), test: part('test'), seed: recipe.seed });
}

/** Windows that cover every target of a part once; the model must have been planned for parts as long. */
export function* evaluationWindows(
  part: DataPart,
  model: Model,
  ints: Int32Array,
): Generator<Pick<DataWindow, 'steps' | 'sourceSteps' | 'counted' | 'pairs'>> {
  const { rows, steps: window } = model.shape;
  if (part.mode === 'pairs') {
    yield* pairEvaluationBatches(part, gridOf(model, ints));
    return;
  }
  const { inputs, targets, keep } = viewsOf(model, ints);
  for (const each of evaluationBatches(part, { rows, window }, inputs, targets, keep))
    yield { ...each, sourceSteps: 0 };
}

function sizesOf(train: DataPart, validation: DataPart, test: DataPart) {
  return { trainSymbols: train.targets, validationSymbols: validation.targets, testSymbols: test.targets };
}

function viewsOf({ inputs, targets, keep, shape }: Model, ints: Int32Array) {
  const view = (address: number): Int32Array => ints.subarray(address, address + shape.rows * shape.steps);
  return { inputs: view(inputs), targets: view(targets), keep: view(keep) };
}

/** Where a model of pairs reads a batch from. */
export function gridOf(model: Model, ints: Int32Array): PairGrid {
  const { rows, steps, sourceSteps = 1 } = model.shape;
  const { ids, mask, keep, keepBackwards, lengths } = model.source!;
  const view = (address: number): Int32Array => ints.subarray(address, address + rows * sourceSteps);
  return {
    rows,
    steps,
    sourceSteps,
    ...viewsOf(model, ints),
    source: view(ids),
    mask: view(mask),
    keepForwards: view(keep),
    keepBackwards: view(keepBackwards),
    lengths: ints.subarray(lengths, lengths + rows),
  };
}
