import type { Address, Kernels } from '../../kernel/contract.ts';
import type { Range } from '../../kernel/team.ts';
import type { Cell, CellBuffers, CellKind, CellPlan } from '../cell.ts';
import type { State, Step } from '../state.ts';
import { Weight } from '../weight.ts';
import type { Activation } from './options.ts';

/** The vanilla RNN (Elman 1990): h = σ(Ux + Wh₋ + b), σ being tanh, logistic, relu or linear (σ(a) = a). G = 1. */
export const rnn: CellKind = {
  label: ({ activation }) => `${activation} RNN`,
  uses: ['activation'],
  gates: [{ name: 'h', squash: 'activation' }],
  states: ['h'],
  make: (plan) => new RnnCell(plan),
};

/** Forward turns pre-activations into activations in place; backward turns activations h in place into gradients, given ∂L/∂h. */
interface ActivationKernels {
  forward(k: Kernels, a: Address, n: number): void;
  backward(k: Kernels, h: Address, dh: Address, n: number): void;
}

const ACTIVATION_KERNELS: Readonly<Record<Activation, ActivationKernels>> = {
  tanh: {
    forward: (k, a, n) => k.tanhForward(a, n),
    backward: (k, h, dh, n) => k.tanhBackward(h, dh, n),
  },
  logistic: {
    forward: (k, a, n) => k.logisticForward(a, n),
    backward: (k, h, dh, n) => k.logisticBackward(h, dh, n),
  },
  relu: {
    forward: (k, a, n) => k.reluForward(a, n),
    backward: (k, h, dh, n) => k.reluBackward(h, dh, n),
  },
  linear: {
    forward: () => {},
    backward: (k, h, dh, n) => k.floats.copyWithin(h, dh, dh + n),
  },
};

class RnnCell implements Cell {
  readonly weights: readonly Weight[];
  readonly #batch: number;
  readonly #hidden: number;
  readonly #buffers: CellBuffers;
  readonly #h: State;
  readonly #recurrent: Weight;
  readonly #activation: ActivationKernels;

  constructor({ arena, recurrent, shape, hidden, buffers, options }: CellPlan) {
    const part = { parameter: recurrent, rows: hidden, columns: hidden, stride: hidden };
    this.#recurrent = new Weight(arena, part, shape.training);
    this.#batch = shape.rows;
    this.#hidden = hidden;
    this.#buffers = buffers;
    this.#h = buffers.states[0]!;
    this.#activation = ACTIVATION_KERNELS[options.activation];
    this.weights = [this.#recurrent];
  }

  forward(k: Kernels, step: Step): void {
    const { time, row, rows } = step;
    const H = this.#hidden;
    const { gates } = this.#buffers;
    const { previous } = this.#h;
    const at = (time * this.#batch + row) * H;
    this.#recurrent.forward(k, gates + at, previous + at, rows, H, H);
    this.#activation.forward(k, gates + at, rows * H);
    k.floats.copyWithin(this.#h.after(step), gates + at, gates + at + rows * H);
  }

  backward(k: Kernels, { time, row, rows }: Step): void {
    const at = (time * this.#batch + row) * this.#hidden;
    this.#activation.backward(k, this.#buffers.gates + at, this.#buffers.dHidden + at, rows * this.#hidden);
  }

  backwardHidden(k: Kernels, { time, row, rows }: Step): void {
    const H = this.#hidden;
    const { gates, zeros } = this.#buffers;
    const at = (time * this.#batch + row) * H;
    this.#recurrent.backwardFrom(k, this.#h.carried + row * H, zeros, gates + at, rows, H, H);
  }

  weightGradients(k: Kernels, columns: Range, positions: Range): void {
    const { gates } = this.#buffers;
    const { previous } = this.#h;
    this.#recurrent.gradient(k, previous, gates + columns.start, positions, columns, this.#hidden, this.#hidden);
  }
}
