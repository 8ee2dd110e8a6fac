import type { ModelConfig } from './config.ts';
import { Manifest } from './manifest.ts';
import type { TensorView } from './parameters.ts';

/** The vocabulary of the sources of pairs, extended: for each old id, the new one, and how many symbols there are now. */
export interface ExtendedSource {
  readonly ids: ArrayLike<number>;
  readonly symbols: number;
}

/**
 * Copies the parameters of a model into those of a model with a larger vocabulary, or, of a model of pairs, with two larger ones. Every symbol
 * of an old vocabulary keeps its numbers: its row of U or of the embedding, its row of an output matrix that reads it, its column of the output
 * matrix, and its output bias. All other numbers are copied as they are. The network then treats old symbols as before, except that new symbols
 * take a share of the probability.
 *
 * @param values the flat buffer of the old model
 * @param config the configuration of the old model
 * @param ids for each old id of a symbol that is predicted, the new one
 * @param fresh the flat buffer of the new model, already initialised; new symbols keep the numbers that they have there
 * @param symbols V of the new model
 * @param source the symbols of the sources of pairs; if it is not given, they stay as they are
 */
export function extendParameters(
  values: Float32Array,
  config: ModelConfig,
  ids: ArrayLike<number>,
  fresh: Float32Array,
  symbols: number,
  source?: ExtendedSource,
): void {
  const sourceSymbols = source?.symbols ?? config.sourceSymbols;
  const views = new Manifest({ ...config, symbols, ...(sourceSymbols === undefined ? {} : { sourceSymbols }) }).views;
  for (const [index, old] of new Manifest(config).views.entries()) {
    const rowIds = old.symbolRows?.vocabulary === 'source' ? source?.ids : ids;
    copyTensor(values, old, fresh, views[index]!, {
      row: old.symbolRows && rowIds ? idsThenRest(rowIds, views[index]!.symbolRows!.count) : same,
      column: old.role === 'output' ? (column) => ids[column]! : same,
    });
  }
}

/** Where a row, or a column, of an old tensor is in the new one. */
type Place = (old: number) => number;

const same: Place = (old) => old;

/** The place of rows that belong to symbols, followed by rows that don't. */
function idsThenRest(ids: ArrayLike<number>, count: number): Place {
  return (row) => (row < ids.length ? ids[row]! : row - ids.length + count);
}

/** Copies a matrix, or a vector, which is a matrix of one row. */
function copyTensor(
  from: Float32Array,
  old: TensorView,
  into: Float32Array,
  view: TensorView,
  { row, column }: { readonly row: Place; readonly column: Place },
): void {
  const [columns, newColumns] = [old.shape.at(-1)!, view.shape.at(-1)!];
  for (let r = 0; r < old.size / columns; r++) {
    const at = view.offset + row(r) * newColumns;
    const start = old.offset + r * columns;
    if (column === same) into.set(from.subarray(start, start + columns), at);
    else for (let c = 0; c < columns; c++) into[at + column(c)] = from[start + c]!;
  }
}
