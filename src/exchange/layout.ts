import { UserError } from '../errors.ts';
import { CELLS, type CellName } from '../nn/cells/index.ts';
import type { Activation } from '../nn/cells/options.ts';
import type { Gate } from '../nn/parameters.ts';

/** How another program orders the gates of a cell, and which of them it has with the opposite sign. */
export interface GateLayout {
  /** Names of gates as `CELL_KINDS` has them. */
  readonly order: readonly string[];
  readonly negated: readonly string[];
}

/**
 * The layouts of PyTorch and ONNX. Both programs' GRU computes h = (1 − z) ⊙ n + z ⊙ h₋ where this program computes
 * h = (1 − z) ⊙ h₋ + z ⊙ n. Since 1 − σ(a) = σ(−a), all numbers of z change their sign, which is exact.
 */
const LAYOUTS: Readonly<Record<'PyTorch' | 'ONNX', Partial<Readonly<Record<CellName, GateLayout>>>>> = {
  PyTorch: {
    rnn: { order: ['h'], negated: [] },
    lstm: { order: ['i', 'f', 'g', 'o'], negated: [] },
    gru: { order: ['r', 'z', 'n'], negated: ['z'] },
  },
  ONNX: {
    rnn: { order: ['h'], negated: [] },
    lstm: { order: ['i', 'o', 'f', 'g'], negated: [] },
    gru: { order: ['z', 'r', 'n'], negated: ['z'] },
  },
};

/** ONNX's names of the activations of a vanilla RNN. */
export const ONNX_ACTIVATIONS: Readonly<Record<Activation, string>> = {
  tanh: 'Tanh',
  logistic: 'Sigmoid',
  relu: 'Relu',
  linear: 'Affine',
};

/** How a program lays out a cell. UserError where the program does not have the cell. */
export function layoutOf(program: keyof typeof LAYOUTS, cell: CellName): GateLayout {
  const layout = LAYOUTS[program][cell];
  if (layout) return layout;
  throw new UserError(
    `${program} has no counterpart of the cell ${cell}; give a model of one of ${cellsOf(program).join(', ')}`,
  );
}

/** The cells that a program has. */
export function cellsOf(program: keyof typeof LAYOUTS): CellName[] {
  return CELLS.filter((cell) => LAYOUTS[program][cell]);
}

/**
 * Our matrix [D, G·H] as theirs, [G·H, D]; a bias is a matrix of one row.
 *
 * @param gates the gates of our columns, H columns each
 */
export function toTheirs(ours: Float32Array, gates: readonly Gate[], hidden: number, layout: GateLayout): Float32Array {
  const theirs = new Float32Array(ours.length);
  forEachPair(ours.length, gates, hidden, layout, (our, their, sign) => {
    theirs[their] = sign * ours[our]!;
  });
  return theirs;
}

/** Their matrix [G·H, D] as ours, [D, G·H]: undoes `toTheirs`, to the bit. */
export function toOurs(theirs: Float32Array, gates: readonly Gate[], hidden: number, layout: GateLayout): Float32Array {
  const ours = new Float32Array(theirs.length);
  forEachPair(theirs.length, gates, hidden, layout, (our, their, sign) => {
    ours[our] = sign * theirs[their]!;
  });
  return ours;
}

/** [D, N] as [N, D]. */
export function transposed(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column]!;
  }
  return out;
}

function forEachPair(
  size: number,
  gates: readonly Gate[],
  hidden: number,
  { order, negated }: GateLayout,
  use: (our: number, their: number, sign: 1 | -1) => void,
): void {
  const width = gates.length * hidden;
  const inputs = size / width;
  // A tensor may have the columns of some gates alone, as the recurrent bias of a GRU does.
  const theirs = order.filter((gate) => gates.some(({ name }) => name === gate));
  for (const [block, gate] of theirs.entries()) {
    const first = gates.findIndex(({ name }) => name === gate) * hidden;
    const sign = negated.includes(gate) ? -1 : 1;
    for (let unit = 0; unit < hidden; unit++) {
      const row = (block * hidden + unit) * inputs;
      for (let input = 0; input < inputs; input++) use(input * width + first + unit, row + input, sign);
    }
  }
}
