import { basename } from 'node:path';
import * as z from 'zod';
import { Manifest } from '../nn/manifest.ts';
import { parseOptions } from '../schema.ts';
import { escapeText } from '../text/escapes.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { type RunRecord, readRun } from '../training/record.ts';
import type { LanguageModel } from './language-model.ts';
import type { SavedModel } from './saved-model.ts';
import { oneLine } from './words.ts';

/** What a checkpoint is, as facts for a program. */
export interface ModelFacts extends RunRecord {
  readonly path: string;
  readonly model: LanguageModel['checkpoint']['model'];
  /** How many numbers training has adjusted. */
  readonly parameters: number;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Of a model of pairs, the vocabulary of the targets. */
  readonly vocabulary: VocabularyFacts;
  /** Of a model of pairs, the vocabulary of the sources. */
  readonly sourceVocabulary?: VocabularyFacts;
  /** Whether a run can be resumed from it. */
  readonly resumable: boolean;
}

export interface VocabularyFacts {
  readonly unit: string;
  readonly size: number;
  readonly symbols: readonly string[];
  /** What separates the examples of a file, as an option spells it; undefined where they are lines. */
  readonly separator?: string;
}

/** The record of the run that made a model. UserError where it is damaged. */
export function runOf({ checkpoint, name }: Pick<LanguageModel, 'checkpoint' | 'name'>): RunRecord {
  return readRun(checkpoint, name);
}

const modelSchema = z.strictObject({
  model: z
    .custom<object>((value) => typeof value === 'object' && value !== null && 'checkpoint' in value)
    .describe('must be a model, as load or readSaved gives it'),
});

/** UsageError where a program gives something else than a model. */
export function requireModel(model: object): void {
  parseOptions(modelSchema, { model });
}

/**
 * Everything that a checkpoint says, but for the numbers of its tensors. UsageError where a program gives something else than a model, UserError where
 * the record is damaged.
 */
export function inspect(model: LanguageModel | SavedModel): ModelFacts {
  requireModel(model);
  const { checkpoint, name } = model;
  const manifest = new Manifest(checkpoint.model);
  return {
    path: name,
    model: checkpoint.model,
    parameters: manifest.size,
    tensors: manifest.views.map(({ name, shape }) => ({ name, shape })),
    ...vocabularyFacts(model),
    ...runOf(model),
    resumable: checkpoint.resume !== undefined,
  };
}

function vocabularyFacts(model: LanguageModel | SavedModel): Pick<ModelFacts, 'vocabulary' | 'sourceVocabulary'> {
  if ('vocabulary' in model) return { vocabulary: factsOf(model.vocabulary) };
  const { source, target } = model.vocabularies;
  return { vocabulary: factsOf(target), sourceVocabulary: factsOf(source) };
}

function factsOf(vocabulary: Vocabulary): VocabularyFacts {
  const { unit, size, layout, separator } = vocabulary;
  const symbols = Array.from({ length: size }, (_, id) => vocabulary.label(id));
  return { unit, size, symbols, ...(layout === 'records' && { separator: escapeText(separator) }) };
}

/** The name of a model's file, without its folder and ending: on one line, without control characters. */
export function shortName({ name }: Pick<LanguageModel, 'name'>): string {
  return oneLine(basename(name, '.json'));
}
