import { newestModel } from '../library/checkpoints.ts';
import type { LanguageModel } from '../library/language-model.ts';
import { load, loadModel } from '../library/load.ts';
import type { PairModel } from '../library/pair-model.ts';
import type { Place } from '../library/place.ts';
import { remark } from './output.ts';

export interface OpenOptions {
  readonly checkpoint?: string | undefined;
  readonly kernel?: Place['kernel'] | undefined;
  readonly quiet?: boolean | undefined;
}

/** Opens the model of texts that is named, or the newest; says which on standard error, unless quiet. */
export function open(options: OpenOptions): LanguageModel {
  return load(pathOf(options), options.kernel);
}

/** The same for a model of either kind. */
export async function openModel(options: OpenOptions): Promise<LanguageModel | PairModel> {
  return await loadModel(pathOf(options), options.kernel);
}

function pathOf({ checkpoint, quiet = false }: OpenOptions): string {
  const path = checkpoint ?? newestModel();
  if (checkpoint === undefined && !quiet) remark(`using ${path}`);
  return path;
}
