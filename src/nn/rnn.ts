import type { Address, Kernels } from '../kernel/contract.ts';
import type { Range } from '../kernel/team.ts';
import type { Cell, CellBuffers, CellPlan, StepSlice } from './cell.ts';
import type { Activation } from './config.ts';
import { Weight } from './weight.ts';

/** Forward in place over pre-activations; backward in place over activations h, given ∂L/∂h. */
const ACTIVATION_KERNELS = {
  tanh: {
    forward: (k: Kernels, a: Address, n: number) => k.tanhForward(a, n),
    backward: (k: Kernels, h: Address, dh: Address, n: number) => k.tanhBackward(h, dh, n),
  },
  logistic: {
    forward: (k: Kernels, a: Address, n: number) => k.logisticForward(a, n),
    backward: (k: Kernels, h: Address, dh: Address, n: number) => k.logisticBackward(h, dh, n),
  },
  relu: {
    forward: (k: Kernels, a: Address, n: number) => k.reluForward(a, n),
    backward: (k: Kernels, h: Address, dh: Address, n: number) => k.reluBackward(h, dh, n),
  },
};

/** The vanilla (Elman 1990) cell: h = σ(Ux + Wh₋ + b), σ one of tanh, logistic, relu. G = 1. */
export class RnnCell implements Cell {
  readonly states: readonly Address[];
  readonly weights: readonly Weight[];
  readonly #batch: number;
  readonly #hidden: number;
  readonly #buffers: CellBuffers;
  readonly #recurrent: Weight;
  readonly #activation: (typeof ACTIVATION_KERNELS)[Activation];

  constructor({ arena, parameters, prefix, shape, hidden, buffers }: CellPlan, activation: Activation) {
    const recurrent = parameters.at(`${prefix}recurrent`); // W [H, H]
    this.#recurrent = new Weight(
      arena,
      { parameter: recurrent, rows: hidden, stride: hidden, first: 0, columns: hidden },
      shape.training,
    );
    this.#batch = shape.rows;
    this.#hidden = hidden;
    this.#buffers = buffers;
    this.#activation = ACTIVATION_KERNELS[activation];
    this.states = [buffers.hidden];
    this.weights = [this.#recurrent];
  }

  forward(k: Kernels, { step, row, rows }: StepSlice): void {
    const H = this.#hidden;
    const at = (step * this.#batch + row) * H;
    const gates = this.#buffers.gates + at;
    const h = this.#buffers.hidden + at + this.#batch * H;
    this.#recurrent.forward(k, gates, this.#buffers.previous + at, rows, H, H);
    this.#activation.forward(k, gates, rows * H);
    k.floats.copyWithin(h, gates, gates + rows * H);
  }

  backward(k: Kernels, { step, row, rows }: StepSlice): void {
    const H = this.#hidden;
    const at = (step * this.#batch + row) * H;
    const gates = this.#buffers.gates + at;
    const dPrevious = this.#buffers.dPrevious + row * H;
    this.#activation.backward(k, gates, this.#buffers.dHidden + at, rows * H);
    if (step === 0) return;
    this.#recurrent.backwardFrom(k, dPrevious, this.#buffers.zeros, gates, rows, H, H);
  }

  weightGradients(k: Kernels, columns: Range, rows: number): void {
    const { previous, gates } = this.#buffers;
    this.#recurrent.gradient(k, previous, gates + columns.start, rows, columns, this.#hidden, this.#hidden);
  }
}
