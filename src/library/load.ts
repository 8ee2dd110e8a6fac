import { loadCheckpoint } from '../nn/checkpoint-file.ts';
import type { Place } from '../training/place.ts';
import { LanguageModel } from './language-model.ts';
import type { PairModel } from './pair-model.ts';

/**
 * Reads the checkpoint of a model of texts and gets the model ready. UserError, in a line, where there is none, it is damaged, or its model is one of
 * pairs (`loadPairs`).
 *
 * @param path the path of a file that `rnn train` or `saveCheckpoint` wrote
 * @param kernel what computes; `auto` is the fastest that this machine has
 */
export function load(path: string, kernel: Place['kernel'] = 'auto'): LanguageModel {
  return new LanguageModel(loadCheckpoint(path), path, kernel);
}

/**
 * Reads a checkpoint and gets its model ready, be it a model of texts or of pairs. UserError, in a line, where there is none or it is damaged. The
 * parameters are those of `load`.
 */
export async function loadModel(path: string, kernel: Place['kernel'] = 'auto'): Promise<LanguageModel | PairModel> {
  const checkpoint = loadCheckpoint(path);
  if (!checkpoint.model.pairs) return new LanguageModel(checkpoint, path, kernel);
  const { PairModel } = await import('./pair-model.ts'); // models of texts do without it
  return new PairModel(checkpoint, path, kernel);
}
