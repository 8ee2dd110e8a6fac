import { basename } from 'node:path';
import { CELL_KINDS } from '../nn/cells/index.ts';
import { Manifest } from '../nn/manifest.ts';
import { type RunRecord, readRun } from '../training/record.ts';
import type { LanguageModel } from './language-model.ts';
import { oneLine } from './words.ts';

/** What a checkpoint is, as facts for a program. */
export interface ModelFacts extends RunRecord {
  readonly path: string;
  readonly model: LanguageModel['checkpoint']['model'];
  /** How many numbers training has adjusted. */
  readonly parameters: number;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly vocabulary: { readonly unit: string; readonly size: number; readonly symbols: readonly string[] };
  /** Whether a run can be resumed from it. */
  readonly resumable: boolean;
}

/** The record of the run that made a model. UserError where it is damaged. */
export function runOf({ checkpoint, name }: LanguageModel): RunRecord {
  return readRun(checkpoint, name);
}

/** Everything that a checkpoint says, but for the numbers of its tensors. UserError where its record is damaged. */
export function inspect(model: LanguageModel): ModelFacts {
  const { checkpoint, vocabulary, name } = model;
  const { unit, size } = vocabulary;
  const manifest = new Manifest(checkpoint.model);
  return {
    path: name,
    model: checkpoint.model,
    parameters: manifest.size,
    tensors: manifest.views.map(({ name, shape }) => ({ name, shape })),
    vocabulary: { unit, size, symbols: Array.from({ length: size }, (_, id) => vocabulary.label(id)) },
    ...runOf(model),
    resumable: checkpoint.resume !== undefined,
  };
}

/** What people call a model's cell: `GRU, reset before`. */
export function cellLabel(model: ModelFacts['model']): string {
  return CELL_KINDS[model.cell].label(model);
}

/** The name of a model's file, without its folder and ending: on one line, without control characters. */
export function shortName({ name }: LanguageModel): string {
  return oneLine(basename(name, '.json'));
}
