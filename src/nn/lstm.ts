import type { Address, Kernels } from '../kernel/contract.ts';
import type { Range } from '../kernel/team.ts';
import type { Cell, CellBuffers, CellPlan, StepSlice } from './cell.ts';
import { Weight } from './weight.ts';

/**
 * The long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000). G = 4, in
 * the order i, f, g, o:
 *
 *     i, f, o = σ(Ux + Wh₋ + b),  g = tanh(Ux + Wh₋ + b)
 *     c = f ⊙ c₋ + i ⊙ g
 *     h = o ⊙ tanh(c)
 */
export class LstmCell implements Cell {
  readonly states: readonly Address[];
  readonly weights: readonly Weight[];
  readonly #batch: number;
  readonly #hidden: number;
  readonly #buffers: CellBuffers;
  readonly #recurrent: Weight;
  readonly #cell: Address;
  readonly #cellTanh: Address;
  readonly #dCell: Address;

  constructor({ arena, parameters, prefix, shape, hidden, buffers }: CellPlan) {
    const { steps, rows, training } = shape;
    const recurrent = parameters.at(`${prefix}recurrent`); // W [H, 4·H]
    this.#recurrent = new Weight(
      arena,
      { parameter: recurrent, rows: hidden, stride: 4 * hidden, first: 0, columns: 4 * hidden },
      training,
    );
    this.#batch = rows;
    this.#hidden = hidden;
    this.#buffers = buffers;
    this.#cell = arena.float((steps + 1) * rows * hidden); // [T+1][B][H] c, block t zeroed where step t is reset
    this.#cellTanh = arena.float(steps * rows * hidden); // [T][B][H] tanh c
    this.#dCell = arena.float(training ? rows * hidden : 0); // [B][H] ∂L/∂c
    this.states = [buffers.hidden, this.#cell];
    this.weights = [this.#recurrent];
  }

  forward(k: Kernels, { step, row, rows }: StepSlice): void {
    const H = this.#hidden;
    const at = (step * this.#batch + row) * H;
    const next = at + this.#batch * H;
    const gates = this.#buffers.gates + 4 * at;
    const cellPrevious = this.#cell + at;
    k.keepRows(cellPrevious, cellPrevious, this.#buffers.keep + step * this.#batch + row, rows, H);
    this.#recurrent.forward(k, gates, this.#buffers.previous + at, rows, 4 * H, H);
    k.lstmForward(this.#buffers.hidden + next, this.#cell + next, this.#cellTanh + at, gates, cellPrevious, rows, H);
  }

  backward(k: Kernels, { step, row, rows }: StepSlice, last: boolean): void {
    const H = this.#hidden;
    const at = (step * this.#batch + row) * H;
    const gates = this.#buffers.gates + 4 * at;
    const dCell = this.#dCell + row * H;
    const dPrevious = this.#buffers.dPrevious + row * H;
    if (last) k.fill(dCell, 0, rows * H);
    k.lstmBackward(gates, dCell, this.#buffers.dHidden + at, this.#cellTanh + at, this.#cell + at, rows, H);
    if (step === 0) return;
    k.keepRows(dCell, dCell, this.#buffers.keep + step * this.#batch + row, rows, H);
    this.#recurrent.backwardFrom(k, dPrevious, this.#buffers.zeros, gates, rows, H, 4 * H);
  }

  weightGradients(k: Kernels, columns: Range, rows: number): void {
    const { previous, gates } = this.#buffers;
    this.#recurrent.gradient(k, previous, gates + columns.start, rows, columns, this.#hidden, 4 * this.#hidden);
  }
}
