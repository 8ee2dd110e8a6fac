import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import { GRAIN, share, type Team } from '../kernel/team.ts';
import { positionsRun } from './active.ts';
import { Affine, type Input, inputWidth, symbolRowsOf } from './affine.ts';
import { type BatchShape, type Extent, type Pass, rowsAt } from './batch.ts';
import type { Module } from './module.ts';
import type { Parameter, TensorSource } from './parameters.ts';
import { Signal } from './signal.ts';
import type { State } from './state.ts';
import type { Packed } from './weight.ts';
import type { Zeros } from './zeros.ts';

export interface SoftmaxPlan {
  readonly arena: Arena;
  readonly zeros: Zeros;
  readonly shape: BatchShape;
  readonly tensors: TensorSource;
  readonly inputs: readonly (Input | Signal)[];
  /** V: the number of symbols to choose from. */
  readonly symbols: number;
  /** E [V, D] of an embedding, whose transpose is used as the matrix. There is one input then, of width D. */
  readonly embedding?: Parameter | undefined;
}

/** The output layer: y = softmax(V h + c), and the loss −log y_target of every position. */
export class Softmax implements Module {
  readonly states: readonly State[] = [];
  /** [T][B][V] V h + c after `forward`; its gradient after `loss`. */
  readonly logits: Address;
  /** [T][B] −log y_target in nats; 0 where the target is not counted. */
  readonly losses: Address;
  readonly #plan: SoftmaxPlan;
  readonly #affine: Affine;
  /** Numbers of the first input: the columns of an embedding that is used as the matrix. */
  readonly #width: number;

  constructor(plan: SoftmaxPlan) {
    const { arena, zeros, shape, tensors, symbols, embedding } = plan;
    const inputs = plan.inputs.map((input) => (input instanceof Signal ? input.read() : input));
    const { training } = shape;
    const D = inputs.reduce((sum, input) => sum + inputWidth(input), 0);
    const symbolRows = symbolRowsOf(inputs);
    const weight =
      embedding ?? tensors.tensor({ name: 'output.weight', shape: [D, symbols], role: 'output', symbolRows });
    const bias = tensors.tensor({ name: 'output.bias', shape: [symbols], role: 'output' });
    this.#plan = plan;
    this.#width = inputWidth(inputs[0]!);
    this.#affine = new Affine({
      arena,
      zeros,
      training,
      inputs,
      outputs: symbols,
      weight,
      bias,
      transposed: embedding !== undefined,
    });
    this.logits = arena.float(shape.steps * shape.rows * symbols);
    this.losses = arena.float(shape.steps * shape.rows);
  }

  get weights(): readonly Packed[] {
    return this.#affine.weights;
  }

  forward(k: Kernels, pass: Pass): void {
    const { shape, symbols } = this.#plan;
    for (let step = 0; step < pass.steps; step++) {
      const { start, end } = rowsAt(pass, step);
      const first = step * shape.rows + start;
      this.#affine.forward(k, this.logits + first * symbols, first, end - start);
    }
  }

  /** losses ← −log y_target; logits ← scale · ∂(−log y_target)/∂logits. Targets are int [T][B]; a negative target is not counted. */
  loss(k: Kernels, targets: Address, { rows, steps }: Pass, scale: number): void {
    const { shape, symbols } = this.#plan;
    for (let step = 0; step < steps; step++) {
      const first = step * shape.rows + rows.start;
      const logits = this.logits + first * symbols;
      k.softmaxCrossEntropy(logits, this.losses + first, targets + first, rows.end - rows.start, symbols, scale);
    }
  }

  /** Contributes to ∂L/∂h of every step, given the gradient in `logits`. */
  backward(k: Kernels, pass: Pass): void {
    const { shape, symbols } = this.#plan;
    for (let step = 0; step < pass.steps; step++) {
      const { start, end } = rowsAt(pass, step);
      const first = step * shape.rows + start;
      this.#affine.backward(k, this.logits + first * symbols, first, end - start);
    }
  }

  weightGradients(k: Kernels, team: Team, extent: Extent): void {
    const { shape, symbols } = this.#plan;
    const columns = share(team, symbols, GRAIN);
    for (const positions of positionsRun(extent, shape.rows)) {
      this.#affine.weightGradients(k, this.logits, columns, positions, share(team, this.#width, GRAIN));
    }
  }
}
