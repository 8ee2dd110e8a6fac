import type { Address, Kernels } from '../../kernel/contract.ts';
import type { Range } from '../../kernel/team.ts';
import { type Cell, type CellBuffers, type CellKind, type CellPlan, cellState, type Step } from '../cell.ts';
import type { State } from '../state.ts';
import { Weight } from '../weight.ts';

/**
 * The long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000). G = 4, in
 * the order i, f, g, o:
 *
 *     i, f, o = σ(Ux + Wh₋ + b),  g = tanh(Ux + Wh₋ + b)
 *     c = f ⊙ c₋ + i ⊙ g
 *     h = o ⊙ tanh(c)
 *
 * The biases of the forget gate start at 1, so that a cell remembers before it has learned anything (Jozefowicz et al. 2015).
 */
export const lstm: CellKind = {
  gates: [
    { name: 'i', squash: 'logistic' },
    { name: 'f', squash: 'logistic', bias: 1 },
    { name: 'g', squash: 'tanh' },
    { name: 'o', squash: 'logistic' },
  ],
  make: (plan) => new LstmCell(plan),
};

class LstmCell implements Cell {
  readonly states: readonly State[];
  readonly weights: readonly Weight[];
  readonly #batch: number;
  readonly #hidden: number;
  readonly #buffers: CellBuffers;
  readonly #recurrent: Weight;
  /** c; its block before a step is zeroed where the step is reset. */
  readonly #cell: State;
  readonly #cellTanh: Address;

  constructor(plan: CellPlan) {
    const { arena, recurrent, shape, hidden, buffers } = plan;
    const part = { parameter: recurrent, rows: hidden, columns: 4 * hidden, stride: 4 * hidden };
    this.#recurrent = new Weight(arena, part, shape.training);
    this.#batch = shape.rows;
    this.#hidden = hidden;
    this.#buffers = buffers;
    this.#cell = cellState(plan);
    this.#cellTanh = arena.float(shape.steps * shape.rows * hidden); // [T][B][H] tanh c
    this.states = [buffers.hidden, this.#cell];
    this.weights = [this.#recurrent];
  }

  forward(k: Kernels, { time, before, after, row, rows }: Step): void {
    const H = this.#hidden;
    const { hidden, previous, keep } = this.#buffers;
    const at = (time * this.#batch + row) * H;
    const gates = this.#buffers.gates + 4 * at;
    const cellPrevious = this.#cell.block(before) + row * H;
    k.keepRows(cellPrevious, cellPrevious, keep + time * this.#batch + row, rows, H);
    this.#recurrent.forward(k, gates, previous + at, rows, 4 * H, H);
    const h = hidden.block(after) + row * H;
    const c = this.#cell.block(after) + row * H;
    k.lstmForward(h, c, this.#cellTanh + at, gates, cellPrevious, rows, H);
  }

  backward(k: Kernels, { time, before, row, rows }: Step): void {
    const H = this.#hidden;
    const { gates, dHidden } = this.#buffers;
    const at = (time * this.#batch + row) * H;
    const cellPrevious = this.#cell.block(before) + row * H;
    const dCell = this.#cell.carried + row * H;
    k.lstmBackward(gates + 4 * at, dCell, dHidden + at, this.#cellTanh + at, cellPrevious, rows, H);
  }

  backwardHidden(k: Kernels, { time, row, rows }: Step): void {
    const H = this.#hidden;
    const { gates, hidden, zeros } = this.#buffers;
    const at = (time * this.#batch + row) * H;
    this.#recurrent.backwardFrom(k, hidden.carried + row * H, zeros, gates + 4 * at, rows, H, 4 * H);
  }

  weightGradients(k: Kernels, columns: Range, rows: number): void {
    const { previous, gates } = this.#buffers;
    this.#recurrent.gradient(k, previous, gates + columns.start, rows, columns, this.#hidden, 4 * this.#hidden);
  }
}
