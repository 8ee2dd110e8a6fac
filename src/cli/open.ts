import { defaultModel, defaultModelFor } from '../library/checkpoints.ts';
import type { LanguageModel } from '../library/language-model.ts';
import { load, loadModel } from '../library/load.ts';
import type { PairModel } from '../library/pair-model.ts';
import type { Place } from '../library/place.ts';
import { readSaved, type SavedModel } from '../library/saved-model.ts';
import { remark } from './output.ts';

export interface OpenOptions {
  readonly checkpoint?: string | undefined;
  readonly kernel?: Place['kernel'] | undefined;
  readonly quiet?: boolean | undefined;
}

/** Reads the checkpoint of either kind that is named, or the newest; says which on standard error, unless quiet. */
export function openSaved(options: OpenOptions): SavedModel {
  return readSaved(pathOf(options));
}

/** As `openSaved`, for a model that is to read these files: where none is named, the newest whose run was on them goes before newer ones. */
export async function openSavedFor(sources: readonly string[], options: OpenOptions): Promise<SavedModel> {
  return readSaved(await pathFor(sources, options));
}

/** Opens the model of texts that is named, or the newest; says which on standard error, unless quiet. */
export function open(options: OpenOptions): LanguageModel {
  return load(pathOf(options), options.kernel);
}

/** As `open`, for a model of either kind. */
export async function openModel(options: OpenOptions): Promise<LanguageModel | PairModel> {
  return await loadModel(pathOf(options), options.kernel);
}

function pathOf({ checkpoint, quiet }: OpenOptions): string {
  return checkpoint ?? defaultModel(sayUnless(quiet));
}

async function pathFor(sources: readonly string[], { checkpoint, quiet }: OpenOptions): Promise<string> {
  return checkpoint ?? (await defaultModelFor(sources, sayUnless(quiet)));
}

function sayUnless(quiet: boolean | undefined): (note: unknown) => void {
  return (note) => quiet || remark(String(note));
}
