import { defaultModel, defaultModelFor } from '../library/checkpoints.ts';
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
  return readSaved(checkpoint ?? defaultModel(sayUnless(quiet)));
}

/** As `openSaved`, for a model that is to read these files: where none is named, the newest whose run was on them goes before newer ones. */
export async function openSavedFor(
  sources: readonly string[],
  { checkpoint, quiet }: OpenOptions,
): Promise<SavedModel> {
  return readSaved(checkpoint ?? (await defaultModelFor(sources, sayUnless(quiet))));
}

/** As `open`, for a model that is to read these files. */
export async function openFor(sources: readonly string[], options: OpenOptions): Promise<LanguageModel> {
  const { checkpoint, kernel, quiet } = options;
  return load(checkpoint ?? (await defaultModelFor(sources, sayUnless(quiet))), kernel);
}

/** Opens the model that is named, or the newest; says which on standard error, unless quiet. */
export function open({ checkpoint, kernel, quiet = false }: OpenOptions): LanguageModel {
  return load(checkpoint ?? defaultModel(sayUnless(quiet)), kernel);
}

function sayUnless(quiet: boolean | undefined): (note: unknown) => void {
  return (note) => quiet || remark(String(note));
}
