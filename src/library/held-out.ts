import type { Corpus } from '../text/corpus.ts';
import type { PairSplit } from '../text/pair-split.ts';
import type { PairCorpus } from '../text/pairs.ts';
import { type Split, splitCorpus } from '../text/split.ts';
import { textParts } from '../training/complete-recipe.ts';
import { splitPairData } from '../training/data.ts';
import { isTextOf, type RunRecord } from '../training/record.ts';

/** The parts of a run's own text, as the run divided it; undefined of another text. */
export function ownParts(run: RunRecord, corpus: Corpus): Split | undefined {
  return isTextOf(run, corpus) ? splitCorpus(corpus, textParts(run.recipe)) : undefined;
}

/** The same of pairs. Undefined, too, where the run held out a file of its own, which would have to be read. */
export function ownPairParts({ corpus: trained, recipe }: RunRecord, corpus: PairCorpus): PairSplit | undefined {
  const isSplit = typeof recipe.validation === 'number' && typeof recipe.test === 'number';
  return isSplit && corpus.hash === trained.hash ? splitPairData(corpus, recipe, {}) : undefined;
}

/** Whether the model has learned the part that was held out to validate, in a last phase of its run (training/finish.ts). */
export function hasLearnedValidation({ finishSteps }: RunRecord): boolean {
  return finishSteps > 0;
}
