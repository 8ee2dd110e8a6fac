import { loadCheckpoint } from '../nn/checkpoint-file.ts';
import type { Place } from '../training/place.ts';
import { PairModel } from './pair-model.ts';

/** Reads the checkpoint of a model of pairs and gets the model ready. UserError, in a line, where there is none or it is damaged. */
export function loadPairs(path: string, kernel: Place['kernel'] = 'auto'): PairModel {
  return new PairModel(loadCheckpoint(path), path, kernel);
}
