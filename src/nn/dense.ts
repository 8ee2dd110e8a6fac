import type { Arena } from '../kernel/arena.ts';
import { type Address, type Kernels, NONE } from '../kernel/contract.ts';
import { GRAIN, share, type Team } from '../kernel/team.ts';
import { positionsRun } from './active.ts';
import { Affine, type Input, inputWidth } from './affine.ts';
import { type BatchShape, type Extent, type Pass, rowsAt } from './batch.ts';
import type { Module } from './module.ts';
import type { TensorSource } from './parameters.ts';
import { Signal } from './signal.ts';
import type { State } from './state.ts';
import type { Packed } from './weight.ts';
import type { Zeros } from './zeros.ts';

export interface DensePlan {
  readonly arena: Arena;
  readonly zeros: Zeros;
  readonly shape: BatchShape;
  readonly tensors: TensorSource;
  /** Its tensors are `NAME.weight` and `NAME.bias`. */
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly width: number;
  readonly activation: 'tanh' | 'none';
  /** True if not given. */
  readonly hasBias?: boolean;
}

/** A layer without recurrence: y_t = σ(Σ_i W_i x_i,t + b), with σ = tanh or none. */
export class Dense implements Module {
  readonly states: readonly State[] = [];
  readonly output: Signal;
  readonly #plan: DensePlan;
  readonly #affine: Affine;
  /** [T][B][width] gradients of the pre-activations. */
  readonly #preGradients: Address;

  constructor(plan: DensePlan) {
    const { arena, zeros, shape, tensors, name, inputs, width } = plan;
    const D = inputs.reduce((sum, input) => sum + inputWidth(input), 0);
    const weight = tensors.tensor({ name: `${name}.weight`, shape: [D, width], role: 'input' });
    const bias =
      plan.hasBias === false ? undefined : tensors.tensor({ name: `${name}.bias`, shape: [width], role: 'bias' });
    const { training } = shape;
    this.#plan = plan;
    this.#affine = new Affine({ arena, zeros, training, inputs, outputs: width, weight, bias });
    this.output = Signal.allocate(arena, shape, width);
    this.#preGradients = training ? arena.float(shape.steps * shape.rows * width) : NONE;
  }

  get weights(): readonly Packed[] {
    return this.#affine.weights;
  }

  forward(k: Kernels, pass: Pass): void {
    const { values, width } = this.output;
    for (let step = 0; step < pass.steps; step++) {
      const { start, end } = rowsAt(pass, step);
      const first = step * this.#plan.shape.rows + start;
      const count = end - start;
      const y = values + first * width;
      this.#affine.forward(k, y, first, count);
      if (this.#plan.activation === 'tanh') k.tanhForward(y, count * width);
    }
  }

  backward(k: Kernels, pass: Pass): void {
    const { values, gradients, width, isRead } = this.output;
    const { floats } = k;
    for (let step = 0; step < pass.steps; step++) {
      const { start, end } = rowsAt(pass, step);
      const first = step * this.#plan.shape.rows + start;
      const size = (end - start) * width;
      const at = first * width;
      const d = this.#preGradients + at;
      if (!isRead) k.fill(d, 0, size);
      else if (this.#plan.activation === 'tanh') {
        floats.copyWithin(d, values + at, values + at + size);
        k.tanhBackward(d, gradients + at, size);
      } else floats.copyWithin(d, gradients + at, gradients + at + size);
      this.#affine.backward(k, d, first, end - start);
    }
  }

  weightGradients(k: Kernels, team: Team, extent: Extent): void {
    const columns = share(team, this.output.width, GRAIN);
    for (const positions of positionsRun(extent, this.#plan.shape.rows)) {
      this.#affine.weightGradients(k, this.#preGradients, columns, positions);
    }
  }
}
