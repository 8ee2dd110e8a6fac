import { loadCheckpoint } from '../nn/checkpoint-file.ts';
import type { Place } from '../training/place.ts';
import { LanguageModel } from './language-model.ts';
import type { PairModel } from './pair-model.ts';

/** Reads the checkpoint of a model of texts and gets the model ready. UserError, in a line, where there is none or it is damaged. */
export function load(path: string, kernel: Place['kernel'] = 'auto'): LanguageModel {
  return new LanguageModel(loadCheckpoint(path), path, kernel);
}

/** The same for a model of either kind. UserError likewise. */
export async function loadModel(path: string, kernel: Place['kernel'] = 'auto'): Promise<LanguageModel | PairModel> {
  const checkpoint = loadCheckpoint(path);
  if (!checkpoint.model.pairs) return new LanguageModel(checkpoint, path, kernel);
  const { PairModel } = await import('./pair-model.ts'); // models of texts do without it
  return new PairModel(checkpoint, path, kernel);
}
