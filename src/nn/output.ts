import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Range } from '../kernel/team.ts';
import type { BatchShape } from './cell.ts';
import type { LayerInput } from './layer.ts';
import type { Parameter, Parameters } from './parameters.ts';
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
  readonly #zeros: Address;
  readonly #input: LayerInput & { kind: 'dense' };

  constructor(
    arena: Arena,
    parameters: Parameters,
    shape: BatchShape,
    symbols: number,
    input: LayerInput & { kind: 'dense' },
    zeros: Address,
  ) {
    const positions = shape.steps * shape.rows;
    const parameter = parameters.at('output.weight'); // V [H, V]
    this.weight = new Weight(
      arena,
      { parameter, rows: input.width, stride: symbols, first: 0, columns: symbols },
      shape.training,
    );
    this.#bias = parameters.at('output.bias'); // c [V]
    this.logits = arena.float(positions * symbols);
    this.losses = arena.float(positions);
    this.#batch = shape.rows;
    this.#symbols = symbols;
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

  weightGradients(k: Kernels, columns: Range, steps: number): void {
    const V = this.#symbols;
    const rows = steps * this.#batch;
    const d = this.logits + columns.start;
    this.weight.gradient(k, this.#input.values, d, rows, columns, this.#input.width, V);
    k.sumRows(this.#bias.gradient + columns.start, d, rows, columns.end - columns.start, V);
  }
}
