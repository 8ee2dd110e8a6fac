import { loadCheckpoint } from '../nn/checkpoint-file.ts';
import type { Place } from '../training/place.ts';
import { PairModel } from './pair-model.ts';

/**
 * Reads the checkpoint of a model of pairs and gets the model ready. UserError, in a line, where there is none, it is damaged, or its model is one of
 * texts (`load`).
 *
 * @param path the path of a file that `rnn train` or `saveCheckpoint` wrote
 * @param kernel what computes; `auto` is the fastest that this machine has
 */
export function loadPairs(path: string, kernel: Place['kernel'] = 'auto'): PairModel {
  return new PairModel(loadCheckpoint(path), path, kernel);
}
