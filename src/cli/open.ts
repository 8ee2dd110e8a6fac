import { newestModel } from '../library/checkpoints.ts';
import type { LanguageModel } from '../library/language-model.ts';
import { load } from '../library/load.ts';
import type { Place } from '../library/place.ts';
import { remark } from './output.ts';

export interface OpenOptions {
  readonly checkpoint?: string | undefined;
  readonly kernel?: Place['kernel'] | undefined;
  readonly quiet?: boolean | undefined;
}

/** Opens the model that is named, or the newest; says which on standard error, unless quiet. */
export function open({ checkpoint, kernel, quiet = false }: OpenOptions): LanguageModel {
  const path = checkpoint ?? newestModel();
  if (checkpoint === undefined && !quiet) remark(`using ${path}`);
  return load(path, kernel);
}
