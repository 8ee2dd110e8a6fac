import type { ModelConfig } from './config.ts';
import { Manifest } from './manifest.ts';

/**
 * The parameters of a model for a larger vocabulary. Every symbol of the old vocabulary keeps its numbers: its row of U or of the embedding,
 * its column of the output matrix, and its output bias. All other tensors are copied. So the network does with old symbols what it did before,
 * but new symbols take a share of the probability.
 *
 * @param values the old model's flat buffer
 * @param config the old model's
 * @param ids the new id of each of the old ones
 * @param fresh the new model's flat buffer, initialised: new symbols keep what they have there
 * @param symbols V of the new model
 */
export function extendParameters(
  values: Float32Array,
  config: ModelConfig,
  ids: ArrayLike<number>,
  fresh: Float32Array,
  symbols: number,
): void {
  const views = new Manifest({ ...config, symbols }).views;
  for (const [index, old] of new Manifest(config).views.entries()) {
    const from = values.subarray(old.offset, old.offset + old.size);
    const view = views[index]!;
    const into = fresh.subarray(view.offset, view.offset + view.size);
    if (old.role === 'lookup') copyRows(from, into, ids);
    else if (old.role === 'output') copyColumns(from, into, ids, symbols);
    else into.set(from);
  }
}

/** [V, n] into [V', n]. */
function copyRows(from: Float32Array, into: Float32Array, ids: ArrayLike<number>): void {
  const length = from.length / ids.length;
  for (let id = 0; id < ids.length; id++) into.set(from.subarray(id * length, (id + 1) * length), ids[id]! * length);
}

/** [n, V] into [n, V']. */
function copyColumns(from: Float32Array, into: Float32Array, ids: ArrayLike<number>, symbols: number): void {
  const rows = from.length / ids.length;
  for (let row = 0; row < rows; row++) {
    for (let id = 0; id < ids.length; id++) into[row * symbols + ids[id]!] = from[row * ids.length + id]!;
  }
}
