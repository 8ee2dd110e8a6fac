import { defaultModel, defaultModelFor } from '../library/checkpoints.ts';
import { type LanguageModel, load } from '../library/language-model.ts';
import type { Place } from '../library/place.ts';
import { remark } from './output.ts';

export interface OpenOptions {
  readonly checkpoint?: string | undefined;
  readonly kernel?: Place['kernel'] | undefined;
  readonly quiet?: boolean | undefined;
}

/** As `open`, for a model that is to read these files: where none is named, the newest whose run was on them goes before newer ones. */
export async function openFor(sources: readonly string[], options: OpenOptions): Promise<LanguageModel> {
  const { checkpoint, kernel, quiet = false } = options;
  const say = (note: unknown) => quiet || remark(String(note));
  return load(checkpoint ?? (await defaultModelFor(sources, say)), kernel);
}

/** Opens the model that is named, or the newest; says which on standard error, unless quiet. */
export function open({ checkpoint, kernel, quiet = false }: OpenOptions): LanguageModel {
  const path = checkpoint ?? defaultModel((note) => quiet || remark(String(note)));
  return load(path, kernel);
}
