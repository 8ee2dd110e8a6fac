import type { PairTask } from '../pair-task.ts';
import type { Corpus } from '../text/corpus.ts';
import type { PairReading } from '../text/options.ts';
import type { PairCorpus, PairOptions } from '../text/pairs.ts';
import type { PairFileOptions } from '../text/read-pairs.ts';
import type { HeldOutPairs } from '../training/data.ts';
import type { TrainEvent } from '../training/events.ts';
import { type TrainOptions, train, trainPairs } from '../training/trainer.ts';
import type { SavedPairModel } from './saved-model.ts';

/** What a run learns from: a text, or pairs with the parts that are held out as files of their own. */
export type Material = TextMaterial | PairMaterial;

export interface TextMaterial {
  readonly kind: 'text';
  readonly corpus: Corpus;
}

export interface PairMaterial {
  readonly kind: 'pairs';
  readonly corpus: PairCorpus;
  readonly heldOut: HeldOutPairs;
}

/** Trains a model on the material. */
export function trainOn(material: Material, options: TrainOptions): AsyncGenerator<TrainEvent, void, void> {
  return material.kind === 'text'
    ? train(material.corpus, options)
    : trainPairs(material.corpus, options, material.heldOut);
}

/** How pairs are read for a new model: a label is a whole column. */
export function newPairOptions(
  task: PairTask,
  { sourceUnit = 'codepoint', targetUnit = task === 'classify' ? 'field' : 'codepoint', ...rest }: PairReading,
  { minCount, maxBytes, onProblem }: Pick<PairFileOptions, 'minCount' | 'maxBytes' | 'onProblem'>,
): PairFileOptions {
  return { ...rest, task, sourceUnit, targetUnit, minCount, maxBytes, onProblem };
}

/** How pairs are read for a model of pairs. */
export function pairOptionsOf({ vocabularies, task }: Pick<SavedPairModel, 'vocabularies' | 'task'>): PairOptions {
  return { task, sourceUnit: vocabularies.source.unit, targetUnit: vocabularies.target.unit, vocabularies };
}
