import { Arena } from '../kernel/arena.ts';
import type { KernelChoice } from '../kernel/choose.ts';
import { type Address, type Kernels, packedSize } from '../kernel/contract.ts';
import { openKernels } from '../kernel/engine.ts';
import { gateCount } from '../nn/cells/index.ts';
import type { ModelConfig } from '../nn/config.ts';
import { Manifest } from '../nn/manifest.ts';
import { forwardAndBackward, type OpenModel, openModel } from '../nn/open.ts';
import type { Part } from '../text/split.ts';
import { norm } from './norm.ts';
import { type ReadingStep, readingSteps } from './reading.ts';

/** How many symbols back the gradient is followed. */
export const MOST_BACK = 128;

/** The predictions that are computed side by side. */
const ROWS = 32;

/** The most predictions, and the most work for all of them: parameters times steps. It takes some ten seconds. */
const MOST_SYMBOLS = 1000;
const MOST_WORK = 1e11;

/** For how many symbols of a text the gradients are computed: all, unless they are many or the model is large. */
export function gradientSymbols(config: ModelConfig, shown: number): number {
  const affordable = Math.floor(MOST_WORK / (new Manifest(config).size * (MOST_BACK + ROWS)));
  return Math.min(shown, MOST_SYMBOLS, Math.max(ROWS, affordable));
}

/**
 * How far back each prediction reaches (Madsen 2019): ‖∂ log p(x_s | x_1 … x_{s−1}) / ∂x_k‖ for each symbol s of a part and the symbols k before
 * it, for at most `length` symbols, and at most `MOST_BACK` symbols back. x_k is what the first layer reads of the symbol: its embedding, or its
 * one-hot vector. The model is one network.
 *
 * @returns for each symbol s, counted from 0: number n belongs to the symbol s − 1 − n. Empty where the symbol is not predicted. The numbers end where
 * the state was set to zero: at the `<stop>` before a line.
 */
export function symbolGradients(
  choice: KernelChoice,
  config: ModelConfig,
  parameters: Float32Array,
  part: Part,
  length: number,
): Float64Array[] {
  const reading = readingSteps(part, length);
  const rows = Math.min(ROWS, reading.length);
  const network = openModel(choice, config, parameters, { steps: MOST_BACK + rows - 1, rows, training: true });
  const inputs = new InputGradients(choice, config, parameters);
  const found: Float64Array[] = [];
  for (let first = 0; first < reading.length; first += rows) {
    runBack(network, reading, first);
    for (let row = 0; row < rows && first + row < reading.length; row++) {
      if (!reading[first + row]!.isShown) continue;
      const back = Math.min(linkedBack(reading, first + row), found.length);
      found.push(inputs.norms(preactivationGradients(network, row, back), back));
    }
    network.model.carry(network.kernels, rows);
  }
  return found;
}

/** How many steps lie before a step with the state going on all the way, at most `MOST_BACK`. */
function linkedBack(reading: readonly ReadingStep[], step: number): number {
  let back = 0;
  while (back < MOST_BACK && reading[step - back]!.goesOn) back++;
  return back;
}

/**
 * Runs forward, and back from the losses of the symbols first, first + 1, …, one in each row. All rows read the same: the steps from `MOST_BACK`
 * before the first of these symbols to the last but one of them.
 */
function runBack(open: OpenModel, reading: readonly ReadingStep[], first: number): void {
  const { model, kernels } = open;
  const { steps, rows } = model.shape;
  kernels.ints.fill(-1, model.targets, model.targets + steps * rows);
  for (let step = 0; step < steps; step++) {
    const { id = 0, goesOn = false } = reading[first - MOST_BACK + step] ?? {};
    const at = step * rows;
    kernels.ints.fill(id, model.inputs + at, model.inputs + at + rows);
    kernels.ints.fill(Number(goesOn), model.keep + at, model.keep + at + rows);
  }
  for (let row = 0; row < rows; row++) {
    const { id, goesOn } = reading[first + row] ?? { goesOn: false };
    if (goesOn) kernels.ints[model.targets + (MOST_BACK - 1 + row) * rows + row] = id!;
  }
  forwardAndBackward(open, { start: 0, end: rows }, { steps });
}

/** ∂L/∂(U x + b) of the first layer for a row's loss, [back][G·H]: at the step that predicts, and at those before it. */
function preactivationGradients({ model, kernels }: OpenModel, row: number, back: number): Float32Array {
  const { rows } = model.shape;
  const { gates } = model.layers[0]!.buffers;
  const width = gateCount(model.config.cell) * model.config.hidden;
  const gradients = new Float32Array(back * width);
  for (let n = 0; n < back; n++) {
    const at = gates + ((MOST_BACK - 1 + row - n) * rows + row) * width;
    gradients.set(kernels.floats.subarray(at, at + width), n * width);
  }
  return gradients;
}

/** ∂L/∂x = ∂L/∂a · Uᵀ for a = U x + b of the first layer. */
class InputGradients {
  readonly #kernels: Kernels;
  /** D and G·H. */
  readonly #inputs: number;
  readonly #width: number;
  readonly #packed: Address;
  readonly #zeros: Address;
  readonly #from: Address;
  readonly #to: Address;

  constructor(choice: KernelChoice, config: ModelConfig, parameters: Float32Array) {
    const { offset, size, shape } = new Manifest(config).view('layers.0.input');
    this.#inputs = shape[0]!;
    this.#width = shape[1]!;
    const arena = new Arena();
    const weight = arena.float(size);
    this.#packed = arena.float(packedSize(this.#width, this.#inputs));
    this.#zeros = arena.float(this.#inputs);
    this.#from = arena.float(MOST_BACK * this.#width);
    this.#to = arena.float(MOST_BACK * this.#inputs);
    this.#kernels = openKernels(choice, arena);
    this.#kernels.floats.set(parameters.subarray(offset, offset + size), weight);
    this.#kernels.packTransposed(this.#packed, weight, this.#width, this.#inputs, this.#width);
  }

  /** ‖∂L/∂x‖ for each of `count` rows of ∂L/∂a. */
  norms(gradients: Float32Array, count: number): Float64Array {
    const [k, D, width] = [this.#kernels, this.#inputs, this.#width];
    k.floats.set(gradients, this.#from);
    k.multiply(this.#to, this.#zeros, this.#from, this.#packed, count, D, width, D, 0, width);
    return Float64Array.from({ length: count }, (_, row) => norm(k.floats, this.#to + row * D, D));
  }
}
