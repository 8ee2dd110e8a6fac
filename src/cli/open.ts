import { newestModel } from '../library/checkpoints.ts';
import { type LanguageModel, load } from '../library/language-model.ts';
import type { Place } from '../library/place.ts';
import { readSaved, type SavedModel } from '../library/saved-model.ts';
import { remark } from './output.ts';

export interface OpenOptions {
  readonly checkpoint?: string | undefined;
  readonly kernel?: Place['kernel'] | undefined;
  readonly quiet?: boolean | undefined;
}

/** Reads the checkpoint of either kind that is named, or the newest; says which on standard error, unless quiet. */
export function openSaved({ checkpoint, quiet = false }: OpenOptions): SavedModel {
  return readSaved(chosenPath(checkpoint, quiet));
}

/** Opens the model that is named, or the newest; says which on standard error, unless quiet. */
export function open({ checkpoint, kernel, quiet = false }: OpenOptions): LanguageModel {
  return load(chosenPath(checkpoint, quiet), kernel);
}

function chosenPath(checkpoint: string | undefined, quiet: boolean): string {
  const path = checkpoint ?? newestModel();
  if (checkpoint === undefined && !quiet) remark(`using ${path}`);
  return path;
}
