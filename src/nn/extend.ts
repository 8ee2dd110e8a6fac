import type { ModelConfig } from './config.ts';
import { Manifest } from './manifest.ts';

/**
 * Copies the parameters of a model into those of a model with a larger vocabulary. Every symbol of the old vocabulary keeps its numbers: its
 * row of U or of the embedding, its column of the output matrix, and its output bias. All other tensors are copied whole. The network then
 * treats old symbols as before, except that new symbols take a share of the probability.
 *
 * @param values the flat buffer of the old model
 * @param config the configuration of the old model
 * @param ids for each old id, the new one
 * @param fresh the flat buffer of the new model, already initialised; new symbols keep the numbers that they have there
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

/** Copies each row of [V, n] to its place in [V', n]. */
function copyRows(from: Float32Array, into: Float32Array, ids: ArrayLike<number>): void {
  const length = from.length / ids.length;
  for (let id = 0; id < ids.length; id++) into.set(from.subarray(id * length, (id + 1) * length), ids[id]! * length);
}

/** Copies each column of [n, V] to its place in [n, V']. */
function copyColumns(from: Float32Array, into: Float32Array, ids: ArrayLike<number>, symbols: number): void {
  const rows = from.length / ids.length;
  for (let row = 0; row < rows; row++) {
    for (let id = 0; id < ids.length; id++) into[row * symbols + ids[id]!] = from[row * ids.length + id]!;
  }
}
