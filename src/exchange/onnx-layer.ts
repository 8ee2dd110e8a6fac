import { CELL_KINDS, type CellName } from '../nn/cells/index.ts';
import { ACTIVATIONS, type Activation, type Reset } from '../nn/cells/options.ts';
import { layoutOf, ONNX_ACTIVATIONS, toOurs } from './layout.ts';
import { attributeOf, type Constant, type Graph } from './onnx-graph.ts';
import type { NodeProto } from './onnx-proto.ts';

/** Whether an operator is a recurrent layer. */
export function isRecurrent({ operator }: NodeProto): boolean {
  return operator in OPERATORS;
}

const OPERATORS: Readonly<Record<string, keyof typeof FIXED>> = { RNN: 'rnn', GRU: 'gru', LSTM: 'lstm' };

/** A recurrent layer of a graph. */
export interface Layer {
  readonly cell: CellName;
  readonly activation: Activation;
  readonly reset: Reset;
  readonly hidden: number;
  /** D. */
  readonly inputs: number;
  /** What must be the same in all layers. */
  readonly kind: string;
  /** By this program's names, without the layer's. */
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

/** Attributes that change what a cell computes, and have no counterpart here. */
const REFUSED: Readonly<Record<string, string>> = {
  clip: 'it clips its activations',
  input_forget: 'its forget gate is 1 − its input gate',
};

/** Reads a recurrent operator. UserError where it computes what no layer here does. */
export function readLayer(graph: Graph, node: NodeProto): Layer {
  const cell = OPERATORS[node.operator]!;
  requirePlain(graph, node);
  const { activation, reset } = choices(graph, node, cell);
  const [, weight, recurrent, biases = '', lengths = '', h = '', c = '', peepholes = ''] = node.inputs;
  if (lengths !== '')
    throw graph.wrong(
      `the operator ${node.operator} reads the lengths of its sequences; only whole sequences can be imported`,
    );
  if (peepholes !== '')
    throw graph.wrong(`the operator ${node.operator} has peepholes, which this program’s LSTM does not have`);
  if (![h, c].every((state) => graph.isZeroOrGiven(state))) {
    throw graph.wrong(
      `the operator ${node.operator} starts from a state that the file holds; this program starts from zeros`,
    );
  }
  const R = flat(graph, node, recurrent, 2);
  const W = flat(graph, node, weight, 2);
  const hidden = R.shape[1]!;
  const inputs = W.shape[1]!;
  const { gates } = CELL_KINDS[cell];
  const width = gates.length * hidden;
  if (R.shape[0] !== width || W.shape[0] !== width) {
    throw graph.wrong(
      `the operator ${node.operator} has weights [${W.shape.join(', ')}] and [${R.shape.join(', ')}]; they should be [${gates.length} · H, D] and [${gates.length} · H, H]`,
    );
  }
  const layout = layoutOf('ONNX', cell);
  const both = biases === '' ? new Float32Array(2 * width) : flat(graph, node, biases, 1).values;
  if (both.length !== 2 * width)
    throw graph.wrong(`the operator ${node.operator} has ${both.length} biases; ${hidden} units need ${2 * width}`);
  const [first, second] = [both.subarray(0, width), both.subarray(width)].map((values) =>
    toOurs(values, gates, hidden, layout),
  ) as [Float32Array, Float32Array];
  // The recurrent bias of the candidate n, the last gate, stays inside the reset.
  const summed = cell === 'gru' && reset === 'after' ? width - hidden : width;
  // Adding 0 would turn −0 into 0.
  for (let j = 0; j < summed; j++) if (second[j] !== 0) first[j]! += second[j]!;
  const tensors = new Map([
    ['input', toOurs(W.values, gates, hidden, layout)],
    ['recurrent', toOurs(R.values, gates, hidden, layout)],
    ['bias', first],
  ]);
  if (summed < width) tensors.set('recurrent_bias', second.subarray(summed));
  return {
    cell,
    activation,
    reset,
    hidden,
    inputs,
    kind: `${cell} of ${hidden} units, ${activation}, reset ${reset}`,
    tensors,
  };
}

function requirePlain(graph: Graph, node: NodeProto): void {
  const direction = attributeOf(node, 'direction')?.text ?? 'forward';
  if (direction !== 'forward')
    throw graph.wrong(`the operator ${node.operator} has the direction ${direction}; a language model reads forward`);
  const layout = attributeOf(node, 'layout')?.integer ?? 0;
  if (layout !== 0)
    throw graph.wrong(
      `the operator ${node.operator} has layout = ${layout}; only 0 (time first) can be imported, and ONNX Runtime reads no other`,
    );
  if (!isIdentity(node, 'activation_alpha', 1) || !isIdentity(node, 'activation_beta', 0))
    throw graph.wrong(`the operator ${node.operator}: its activations have factors that no layer here has`);
  for (const [name, why] of Object.entries(REFUSED)) {
    const attribute = attributeOf(node, name);
    if (attribute && !(name === 'input_forget' && attribute.integer === 0))
      throw graph.wrong(`the operator ${node.operator} has ${name}: ${why}`);
  }
}

/** Whether the attribute is missing, or is `value` for the one activation of an Affine RNN: αx + β with α = 1 and β = 0 is x. */
function isIdentity(node: NodeProto, name: string, value: number): boolean {
  const attribute = attributeOf(node, name);
  if (!attribute) return node.operator !== 'RNN' || !hasAffine(node);
  return hasAffine(node) && attribute.floats.length === 1 && attribute.floats[0] === value;
}

function hasAffine(node: NodeProto): boolean {
  return attributeOf(node, 'activations')?.texts[0]?.toLowerCase() === 'affine';
}

/** The activations of a cell that has no choice. */
const FIXED = {
  rnn: ['tanh'],
  gru: ['sigmoid', 'tanh'],
  lstm: ['sigmoid', 'tanh', 'tanh'],
} as const satisfies Partial<Readonly<Record<CellName, readonly string[]>>>;

function choices(graph: Graph, node: NodeProto, cell: keyof typeof FIXED): { activation: Activation; reset: Reset } {
  const given = attributeOf(node, 'activations')?.texts.map((each) => each.toLowerCase());
  const names = given && given.length > 0 ? given : FIXED[cell];
  const reset = attributeOf(node, 'linear_before_reset')?.integer ? 'after' : 'before';
  // ONNX's names mean the same in small and in capital letters.
  const isNamed = (activation: Activation): boolean => ONNX_ACTIVATIONS[activation].toLowerCase() === names[0];
  const activation = cell === 'rnn' && names.length === 1 ? ACTIVATIONS.find(isNamed) : undefined;
  if (activation) return { activation, reset };
  if (cell === 'rnn' || names.join() !== FIXED[cell].join()) {
    throw graph.wrong(
      `the operator ${node.operator} has the activations ${names.join(', ')}; it should have ${cell === 'rnn' ? 'tanh, sigmoid, relu or affine' : FIXED[cell].join(', ')}`,
    );
  }
  return { activation: 'tanh', reset };
}

/** A tensor of one direction, without that dimension: [1, …] as […]. */
function flat(graph: Graph, node: NodeProto, value: string | undefined, rank: number): Constant {
  const constant = graph.constant(value ?? '');
  if (!constant)
    throw graph.wrong(
      `the operator ${node.operator} reads its weights from ${graph.shown(value ?? '')}; they should be tensors of the file`,
    );
  const { shape, values } = constant;
  const inner = shape.length === rank + 1 && shape[0] === 1 ? shape.slice(1) : shape;
  if (inner.length === rank && inner.every((length) => length > 0)) return { shape: inner, values };
  throw graph.wrong(
    `the operator ${node.operator} has weights of the shape [${shape.join(', ')}], which is not that of one direction`,
  );
}
