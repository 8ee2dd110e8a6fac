import { CELL_KINDS, CELLS } from '../nn/cells/index.ts';
import { Manifest } from '../nn/manifest.ts';
import type { ForeignModel } from './foreign-model.ts';
import { configOf, type Unsaid } from './found-config.ts';
import { refusal } from './refusal.ts';
import { shown, type TensorFile } from './tensor.ts';

/** Whether a file's tensors are named as a checkpoint's are: `layers.0.recurrent`. */
export function hasOwnNames({ tensors }: TensorFile): boolean {
  return tensors.has('layers.0.recurrent') || tensors.has('members.0.layers.0.recurrent');
}

/** Reads a model whose tensors have this program's names and layout (nn/manifest.ts). UserError where they make no model. */
export function fromOwnNames(file: TensorFile, unsaid: Unsaid, name: string): ForeignModel {
  const { tensors } = file;
  const { config, notes } = configOf(sizesOf(file, name), unsaid, name);
  const manifest = new Manifest(config);
  const left = [...tensors.values()].find((tensor) => !manifest.views.some((view) => view.name === tensor.name));
  if (left) throw refusal(name, `the tensor ${shown(left)} belongs to no part of a model of ${config.layers} layers`);
  for (const view of manifest.views) {
    const tensor = tensors.get(view.name);
    if (!tensor) throw refusal(name, `the tensor ${shown(view)} is missing`);
    if (tensor.shape.join() === view.shape.join()) continue;
    const expected = view.shape.join(', ');
    throw refusal(name, `the tensor ${shown(tensor)} should be [${expected}], going by the tensors beside it`);
  }
  const parameters = new Float32Array(manifest.size);
  for (const view of manifest.views) parameters.set(tensors.get(view.name)!.values(), view.offset);
  return { config, parameters, metadata: undefined, notes: [...file.notes, ...notes] };
}

function sizesOf({ tensors }: TensorFile, name: string) {
  let members = 0;
  while (tensors.has(`members.${members}.layers.0.recurrent`)) members++;
  const prefix = members > 0 ? 'members.0.' : '';
  const get = (key: string) => tensors.get(prefix + key);
  let layers = 0;
  while (get(`layers.${layers}.recurrent`)) layers++;
  const [hidden = 0, width = 0] = get('layers.0.recurrent')!.shape;
  const cell = CELLS.find((each) => hidden > 0 && CELL_KINDS[each].gates.length * hidden === width);
  const symbols = get('output.bias')?.shape[0];
  if (!cell || !symbols) {
    throw refusal(
      name,
      'its tensors are named as this program’s, but layers.0.recurrent or output.bias is missing or of the wrong shape',
    );
  }
  const embedding = get('embedding')?.shape[1] ?? 0;
  const reset = get('layers.0.recurrent_bias') ? ('after' as const) : ('before' as const);
  const sharesTable = get('output.weight') === undefined;
  return { cell, hidden, layers, embedding, sharesTable, symbols, reset, members: Math.max(1, members) };
}
