import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import { GRAIN, type Range, share, type Team } from '../kernel/team.ts';
import type { BatchShape } from './cell.ts';
import type { ModelConfig } from './config.ts';
import type { DenseInput } from './layer.ts';
import type { MemberParameters, Parameter } from './parameters.ts';
import { Weight } from './weight.ts';

/** The output layer: y = softmax(Vh + c), and the loss −log y_target of every position. */
export class Output {
  /** [T][B][V] Vh + c; after `loss`, its gradient. */
  readonly logits: Address;
  /** [T][B] −log y_target in nats; 0 where the target is not counted. */
  readonly losses: Address;
  readonly weight: Weight;
  readonly #bias: Parameter;
  readonly #batch: number;
  readonly #symbols: number;
  readonly #tied: boolean;
  readonly #zeros: Address;
  readonly #input: DenseInput;

  constructor(
    arena: Arena,
    parameters: MemberParameters,
    shape: BatchShape,
    { symbols, tied }: ModelConfig,
    input: DenseInput,
    zeros: Address,
  ) {
    const positions = shape.steps * shape.rows;
    // V [H, V], or, tied, Eᵀ of the embedding E [V, H]
    const part = tied
      ? { parameter: parameters.at('embedding'), transposed: true, stride: input.width }
      : { parameter: parameters.at('output.weight'), stride: symbols };
    this.weight = new Weight(arena, { ...part, rows: input.width, first: 0, columns: symbols }, shape.training);
    this.#bias = parameters.at('output.bias'); // c [V]
    this.logits = arena.float(positions * symbols);
    this.losses = arena.float(positions);
    this.#batch = shape.rows;
    this.#symbols = symbols;
    this.#tied = tied;
    this.#input = input;
    this.#zeros = zeros;
  }

  forward(k: Kernels, range: Range, steps: number): void {
    const V = this.#symbols;
    const { values, width } = this.#input;
    const rows = range.end - range.start;
    for (let step = 0; step < steps; step++) {
      const first = step * this.#batch + range.start;
      const logits = this.logits + first * V;
      this.weight.forwardFrom(k, logits, this.#bias.value, values + first * width, rows, V, width);
    }
  }

  /** losses ← −log y_target, logits ← scale · ∂/∂logits of it. */
  loss(k: Kernels, targets: Address, range: Range, steps: number, scale: number): void {
    const rows = range.end - range.start;
    for (let step = 0; step < steps; step++) {
      const first = step * this.#batch + range.start;
      const logits = this.logits + first * this.#symbols;
      k.softmaxCrossEntropy(logits, this.losses + first, targets + first, rows, this.#symbols, scale);
    }
  }

  /** ∂L/∂h of every step, from the gradient in `logits`. */
  backward(k: Kernels, range: Range, steps: number): void {
    const V = this.#symbols;
    const { gradients, width } = this.#input;
    const rows = range.end - range.start;
    for (let step = 0; step < steps; step++) {
      const first = step * this.#batch + range.start;
      const dInput = gradients + first * width;
      this.weight.backwardFrom(k, dInput, this.#zeros, this.logits + first * V, rows, width, V);
    }
  }

  /**
   * Gradients summed over all rows of `steps` steps: of the bias and of the matrix, of this thread's share of the symbols; of a tied
   * matrix, of its share of the embedding's numbers.
   */
  weightGradients(k: Kernels, team: Team, steps: number): void {
    const V = this.#symbols;
    const rows = steps * this.#batch;
    const { values, width } = this.#input;
    const columns = share(team, V, GRAIN);
    const d = this.logits + columns.start;
    if (this.#tied) {
      const range = share(team, width, GRAIN);
      this.weight.gradient(k, values + range.start, this.logits, rows, range, width, V);
    } else {
      this.weight.gradient(k, values, d, rows, columns, width, V);
    }
    k.sumRows(this.#bias.gradient + columns.start, d, rows, columns.end - columns.start, V);
  }
}
