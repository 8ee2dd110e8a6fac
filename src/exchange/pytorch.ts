import { CELL_KINDS } from '../nn/cells/index.ts';
import { type Activation, type ModelConfig, sharesTable } from '../nn/config.ts';
import { Manifest } from '../nn/manifest.ts';
import type { TensorView } from '../nn/parameters.ts';
import { type GateLayout, layoutOf, toOurs, toTheirs, transposed } from './layout.ts';
import { pytorchName, secondBias } from './pytorch-names.ts';
import { refusal } from './refusal.ts';
import { shown, type Tensor } from './tensor.ts';

/**
 * A model's tensors under PyTorch's names and in its layout: `load_state_dict` of a module as pytorch-names.ts describes takes them all, strictly.
 *
 * - matrices are transposed, and the gates are in PyTorch's order with PyTorch's signs (layout.ts);
 * - PyTorch has two biases, b_ih + b_hh. The second is 0, but for the candidate n of a GRU that resets after the product: there it is the
 *   recurrent bias;
 * - where the output has the embedding's weights, they are written a second time, as `output.weight`;
 * - the vector of an additive attention stays a vector: torch.nn.Parameter.
 *
 * PyTorch has no logistic RNN, no linear RNN and no GRU that resets before the product. Their tensors have the same names, without a second bias.
 */
export function toPyTorch(config: ModelConfig, parameters: Float32Array): Tensor[] {
  const { views } = new Manifest(config);
  const tensors = views.flatMap((view) => foreign(view, config, parameters));
  if (!sharesTable(config)) return tensors;
  const tables = views
    .filter(({ tensor }) => tensor === 'embedding')
    .flatMap((view) => foreign(view, config, parameters));
  return [...tensors, ...tables.map((each) => ({ ...each, name: tiedName(each.name) }))];
}

/**
 * The flat buffer of a model from PyTorch's tensors; undoes `toPyTorch`, to the bit.
 *
 * @param tensors by the names that `toPyTorch` gives them
 * @param name names the file in messages
 */
export function fromPyTorch(config: ModelConfig, tensors: ReadonlyMap<string, Tensor>, name: string): Float32Array {
  const manifest = new Manifest(config);
  const source: Source = { config, tensors, name };
  // All tensors must be there, in the right shapes, before room for them is made.
  for (const view of manifest.views) requireTensor(view, source);
  const parameters = new Float32Array(manifest.size);
  for (const view of manifest.views) parameters.set(own(view, source), view.offset);
  return parameters;
}

/** The activations that torch.nn.RNN has. */
const TORCH_ACTIVATIONS = ['tanh', 'relu'] as const satisfies readonly Activation[];

/** Whether PyTorch has a module for the model's recurrent layers. */
export function hasTorchModule({
  cell,
  activation,
  reset,
}: Pick<ModelConfig, 'cell' | 'activation' | 'reset'>): boolean {
  if (cell === 'rnn') return (TORCH_ACTIVATIONS as readonly Activation[]).includes(activation);
  return cell === 'lstm' || reset === 'after';
}

/** The name of the output's matrix that has the weights of the embedding called `name`: a language model's, or a decoder's. */
export function tiedName(name: string): string {
  return name.replace(/(?:decoder\.)?embedding\.weight$/u, 'output.weight');
}

interface Source {
  readonly config: ModelConfig;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly name: string;
}

/** Whether a tensor is a layer's b [G·H], and not the recurrent bias of some of its gates. */
function isFirstBias({ role, gates }: TensorView, { cell }: ModelConfig): boolean {
  return role === 'bias' && gates?.length === CELL_KINDS[cell].gates.length;
}

/** Whether a tensor is b', which PyTorch keeps within its second bias. */
function isRecurrentBias(view: TensorView, config: ModelConfig): boolean {
  return view.role === 'bias' && view.gates !== undefined && !isFirstBias(view, config);
}

function foreign(view: TensorView, config: ModelConfig, parameters: Float32Array): Tensor[] {
  const name = pytorchName(view, config.pairs);
  const values = () => parameters.subarray(view.offset, view.offset + view.size);
  const layout = layoutOf('PyTorch', config.cell);
  const { gates, shape } = view;
  if (isRecurrentBias(view, config)) {
    const whole = CELL_KINDS[config.cell].gates;
    const size = whole.length * config.hidden;
    return [{ name, shape: [size], values: () => withGates(values(), view, config, layout) }];
  }
  if (gates) {
    const tensor = { name, shape: shape.toReversed(), values: () => toTheirs(values(), gates, config.hidden, layout) };
    if (!isFirstBias(view, config) || !hasTorchModule(config) || hasRecurrentBias(config)) return [tensor];
    return [tensor, { name: secondBias(name), shape, values: () => new Float32Array(view.size) }];
  }
  if (!isLinear(view)) return [{ name, shape, values: () => values().slice() }];
  return [{ name, shape: shape.toReversed(), values: () => transposed(values(), shape[1]!) }];
}

/** Whether a tensor is the matrix of a layer without recurrence, which torch.nn.Linear has transposed. A table of embeddings stays as it is. */
function isLinear({ role, gates, shape }: TensorView): boolean {
  return !gates && role !== 'lookup' && shape.length === 2;
}

function hasRecurrentBias({ cell, reset }: ModelConfig): boolean {
  return cell === 'gru' && reset === 'after';
}

/** The bias of some gates as one of all gates, which is 0 elsewhere. */
function withGates(
  values: Float32Array,
  { gates = [] }: TensorView,
  { cell, hidden }: ModelConfig,
  layout: GateLayout,
): Float32Array {
  const whole = CELL_KINDS[cell].gates;
  const all = new Float32Array(whole.length * hidden);
  for (const [block, gate] of gates.entries()) {
    const at = whole.findIndex(({ name }) => name === gate.name) * hidden;
    all.set(values.subarray(block * hidden, (block + 1) * hidden), at);
  }
  return toTheirs(all, whole, hidden, layout);
}

function requireTensor(view: TensorView, { config, tensors, name }: Source): void {
  const theirs = pytorchName(view, config.pairs);
  const tensor = tensors.get(theirs);
  const size = isRecurrentBias(view, config) ? [CELL_KINDS[config.cell].gates.length * config.hidden] : view.shape;
  const expected = view.gates || isLinear(view) ? size.toReversed() : size;
  if (!tensor) {
    throw refusal(
      name,
      `the tensor ${shown({ name: theirs, shape: expected })} is missing; save all parameters of the model`,
    );
  }
  if (tensor.shape.join() === expected.join()) return;
  throw refusal(name, `the tensor ${shown(tensor)} should be [${expected.join(', ')}], going by the tensors beside it`);
}

function own(view: TensorView, { config, tensors, name }: Source): Float32Array {
  const { gates, shape } = view;
  const theirs = pytorchName(view, config.pairs);
  const values = tensors.get(theirs)!.values();
  const layout = layoutOf('PyTorch', config.cell);
  if (isFirstBias(view, config)) return sumOfBiases(values, theirs, { config, tensors, name });
  if (isRecurrentBias(view, config)) {
    const whole = CELL_KINDS[config.cell].gates;
    const all = toOurs(values, whole, config.hidden, layout);
    return Float32Array.from(
      gates!.flatMap((gate) => {
        const at = whole.findIndex((each) => each.name === gate.name) * config.hidden;
        return [...all.subarray(at, at + config.hidden)];
      }),
    );
  }
  if (gates) return toOurs(values, gates, config.hidden, layout);
  return isLinear(view) ? transposed(values, shape[0]!) : values;
}

/** b_ih + b_hh, but for the gates whose part of b_hh is the recurrent bias. */
function sumOfBiases(first: Float32Array, theirs: string, { config, tensors }: Source): Float32Array {
  const { gates } = CELL_KINDS[config.cell];
  const layout = layoutOf('PyTorch', config.cell);
  const sum = toOurs(first, gates, config.hidden, layout);
  const second = tensors.get(secondBias(theirs));
  if (!second) return sum;
  const more = toOurs(second.values(), gates, config.hidden, layout);
  const summed = hasRecurrentBias(config) ? 2 * config.hidden : sum.length;
  // Adding 0 would turn −0 into 0.
  for (let j = 0; j < summed; j++) if (more[j] !== 0) sum[j]! += more[j]!;
  return sum;
}
