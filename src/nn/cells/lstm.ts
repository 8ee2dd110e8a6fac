import type { Kernels } from '../../kernel/contract.ts';
import type { Range } from '../../kernel/team.ts';
import type { Cell, CellBuffers, CellKind, CellPlan } from '../cell.ts';
import type { State, Step } from '../state.ts';
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
  label: () => 'LSTM',
  uses: [],
  gates: [
    { name: 'i', squash: 'logistic' },
    { name: 'f', squash: 'logistic', bias: 1 },
    { name: 'g', squash: 'tanh' },
    { name: 'o', squash: 'logistic' },
  ],
  states: ['h', 'c'],
  make: (plan) => new LstmCell(plan),
};

class LstmCell implements Cell {
  readonly weights: readonly Weight[];
  readonly #batch: number;
  readonly #hidden: number;
  readonly #buffers: CellBuffers;
  readonly #recurrent: Weight;
  readonly #h: State;
  readonly #c: State;

  constructor({ arena, recurrent, shape, hidden, buffers }: CellPlan) {
    const part = { parameter: recurrent, rows: hidden, columns: 4 * hidden, stride: 4 * hidden };
    this.#recurrent = new Weight(arena, part, shape.training);
    this.#batch = shape.rows;
    this.#hidden = hidden;
    this.#buffers = buffers;
    this.#h = buffers.states[0]!;
    this.#c = buffers.states[1]!;
    this.weights = [this.#recurrent];
  }

  forward(k: Kernels, step: Step): void {
    const { time, row, rows } = step;
    const H = this.#hidden;
    const at = (time * this.#batch + row) * H;
    const gates = this.#buffers.gates + 4 * at;
    this.#recurrent.forward(k, gates, this.#h.previous + at, rows, 4 * H, H);
    k.lstmForward(this.#h.after(step), this.#c.after(step), gates, this.#c.previous + at, rows, H);
  }

  backward(k: Kernels, step: Step): void {
    const { time, row, rows } = step;
    const H = this.#hidden;
    const { gates, dHidden } = this.#buffers;
    const at = (time * this.#batch + row) * H;
    const dCell = this.#c.carried + row * H;
    k.lstmBackward(gates + 4 * at, dCell, dHidden + at, this.#c.after(step), this.#c.previous + at, rows, H);
  }

  backwardHidden(k: Kernels, { time, row, rows }: Step): void {
    const H = this.#hidden;
    const { gates, zeros } = this.#buffers;
    const at = (time * this.#batch + row) * H;
    this.#recurrent.backwardFrom(k, this.#h.carried + row * H, zeros, gates + 4 * at, rows, H, 4 * H);
  }

  weightGradients(k: Kernels, columns: Range, positions: Range): void {
    const { gates } = this.#buffers;
    const { previous } = this.#h;
    this.#recurrent.gradient(k, previous, gates + columns.start, positions, columns, this.#hidden, 4 * this.#hidden);
  }
}
