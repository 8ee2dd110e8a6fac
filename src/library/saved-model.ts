import type { Checkpoint } from '../nn/checkpoint.ts';
import { loadCheckpoint } from '../nn/checkpoint-file.ts';
import type { PairTask } from '../pair-task.ts';
import type { PairVocabularies } from '../text/pairs.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { pairVocabulariesOf, vocabularyOf } from './vocabulary.ts';

/** A checkpoint with its vocabulary, or, of a model of pairs, its two vocabularies. */
export type SavedModel = SavedTextModel | SavedPairModel;

interface Saved {
  readonly checkpoint: Checkpoint;
  /** Names the model in messages. */
  readonly name: string;
}

export interface SavedTextModel extends Saved {
  readonly kind: 'text';
  readonly vocabulary: Vocabulary;
}

export interface SavedPairModel extends Saved {
  readonly kind: 'pairs';
  readonly task: PairTask;
  readonly vocabularies: PairVocabularies;
}

/** Reads a checkpoint of either kind. UserError where there is none or it is damaged. */
export function readSaved(name: string): SavedModel {
  const checkpoint = loadCheckpoint(name);
  const { pairs } = checkpoint.model;
  return pairs
    ? { checkpoint, name, kind: 'pairs', task: pairs.task, vocabularies: pairVocabulariesOf(checkpoint, name) }
    : { checkpoint, name, kind: 'text', vocabulary: vocabularyOf(checkpoint, name) };
}

/** A model of pairs, as its file has it. */
export function savedPair({ checkpoint, name, task, vocabularies }: Omit<SavedPairModel, 'kind'>): SavedPairModel {
  return { checkpoint, name, kind: 'pairs', task, vocabularies };
}
