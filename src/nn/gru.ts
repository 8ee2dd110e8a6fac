import type { Address, Kernels } from '../kernel/contract.ts';
import { overlap, type Range } from '../kernel/team.ts';
import type { Cell, CellBuffers, CellPlan, StepSlice } from './cell.ts';
import type { Parameter } from './parameters.ts';
import { Weight } from './weight.ts';

/** What both variants share: two gates r, z with the columns [0, 2·H) of W, and the candidate n with [2·H, 3·H). */
abstract class GruBase {
  readonly states: readonly Address[];
  readonly weights: readonly Weight[];
  protected readonly batch: number;
  protected readonly hidden: number;
  protected readonly buffers: CellBuffers;
  protected readonly gateWeight: Weight;
  protected readonly candidateWeight: Weight;

  constructor({ arena, parameters, prefix, shape, hidden, buffers }: CellPlan) {
    const parameter = parameters.at(`${prefix}recurrent`); // W [H, 3·H]
    const part = { parameter, rows: hidden, stride: 3 * hidden };
    this.gateWeight = new Weight(arena, { ...part, first: 0, columns: 2 * hidden }, shape.training);
    this.candidateWeight = new Weight(arena, { ...part, first: 2 * hidden, columns: hidden }, shape.training);
    this.batch = shape.rows;
    this.hidden = hidden;
    this.buffers = buffers;
    this.states = [buffers.hidden];
    this.weights = [this.gateWeight, this.candidateWeight];
  }

  /** ∂L/∂W of the gates r, z: h₋ᵀ · d(r, z). */
  protected gateGradients(k: Kernels, columns: Range, rows: number): void {
    const H = this.hidden;
    const range = overlap(columns, 0, 2 * H);
    const { previous, gates } = this.buffers;
    this.gateWeight.gradient(k, previous, gates + range.start, rows, range, H, 3 * H);
  }
}

/**
 * The gated recurrent unit of Cho et al. (2014), its reset gate acting before the recurrent product. G = 3, in the
 * order r, z, n:
 *
 *     r, z = σ(Ux + Wh₋ + b)
 *     n = tanh(Ux + W(r ⊙ h₋) + b)
 *     h = (1 − z) ⊙ h₋ + z ⊙ n
 */
export class GruCell extends GruBase implements Cell {
  readonly #resetHidden: Address;
  readonly #dResetHidden: Address;

  constructor(plan: CellPlan) {
    super(plan);
    const { steps, rows, training } = plan.shape;
    this.#resetHidden = plan.arena.float(steps * rows * plan.hidden); // [T][B][H] r ⊙ h₋
    this.#dResetHidden = plan.arena.float(training ? rows * plan.hidden : 0); // [B][H] ∂L/∂(r ⊙ h₋)
  }

  forward(k: Kernels, { step, row, rows }: StepSlice): void {
    const H = this.hidden;
    const at = (step * this.batch + row) * H;
    const gates = this.buffers.gates + 3 * at;
    const previous = this.buffers.previous + at;
    const resetHidden = this.#resetHidden + at;
    this.gateWeight.forward(k, gates, previous, rows, 3 * H, H);
    k.gruResetForward(resetHidden, gates, previous, rows, H);
    this.candidateWeight.forward(k, gates + 2 * H, resetHidden, rows, 3 * H, H);
    k.gruForward(this.buffers.hidden + at + this.batch * H, gates, previous, rows, H);
  }

  backward(k: Kernels, { step, row, rows }: StepSlice): void {
    const H = this.hidden;
    const at = (step * this.batch + row) * H;
    const gates = this.buffers.gates + 3 * at;
    const previous = this.buffers.previous + at;
    const dPrevious = this.buffers.dPrevious + row * H;
    const dResetHidden = this.#dResetHidden + row * H;
    k.gruBackward(gates, dPrevious, this.buffers.dHidden + at, previous, rows, H);
    this.candidateWeight.backwardFrom(k, dResetHidden, this.buffers.zeros, gates + 2 * H, rows, H, 3 * H);
    k.gruResetBackward(gates, dPrevious, dResetHidden, previous, rows, H);
    if (step > 0) this.gateWeight.backward(k, dPrevious, gates, rows, H, 3 * H);
  }

  weightGradients(k: Kernels, columns: Range, rows: number): void {
    const H = this.hidden;
    const range = overlap(columns, 2 * H, 3 * H);
    const d = this.buffers.gates + 2 * H + range.start;
    this.gateGradients(k, columns, rows);
    this.candidateWeight.gradient(k, this.#resetHidden, d, rows, range, H, 3 * H);
  }
}

/**
 * The gated recurrent unit as cuDNN and PyTorch have it, its reset gate acting after the product, with a bias b' of
 * its own inside the reset:
 *
 *     r, z = σ(Ux + Wh₋ + b)
 *     n = tanh(Ux + b + r ⊙ (Wh₋ + b'))
 *     h = (1 − z) ⊙ h₋ + z ⊙ n
 *
 * PyTorch writes h = (1 − z) ⊙ n + z ⊙ h₋; since 1 − σ(a) = σ(−a), its weights of z are these with the sign changed.
 */
export class GruAfterCell extends GruBase implements Cell {
  readonly #inner: Address;
  readonly #bias: Parameter;

  constructor(plan: CellPlan) {
    super(plan);
    this.#inner = plan.arena.float(plan.shape.steps * plan.shape.rows * plan.hidden); // [T][B][H] Wh₋ + b', then its gradient
    this.#bias = plan.parameters.at(`${plan.prefix}recurrent_bias`); // b' [H]
  }

  forward(k: Kernels, { step, row, rows }: StepSlice): void {
    const H = this.hidden;
    const at = (step * this.batch + row) * H;
    const gates = this.buffers.gates + 3 * at;
    const inner = this.#inner + at;
    const previous = this.buffers.previous + at;
    this.gateWeight.forward(k, gates, previous, rows, 3 * H, H);
    this.candidateWeight.forwardFrom(k, inner, this.#bias.value, previous, rows, H, H);
    k.gruAfterForward(this.buffers.hidden + at + this.batch * H, gates, inner, previous, rows, H);
  }

  backward(k: Kernels, { step, row, rows }: StepSlice): void {
    const H = this.hidden;
    const at = (step * this.batch + row) * H;
    const gates = this.buffers.gates + 3 * at;
    const inner = this.#inner + at;
    const dPrevious = this.buffers.dPrevious + row * H;
    k.gruAfterBackward(gates, inner, dPrevious, this.buffers.dHidden + at, this.buffers.previous + at, rows, H);
    if (step === 0) return;
    this.gateWeight.backward(k, dPrevious, gates, rows, H, 3 * H);
    this.candidateWeight.backward(k, dPrevious, inner, rows, H, H);
  }

  weightGradients(k: Kernels, columns: Range, rows: number): void {
    const H = this.hidden;
    const range = overlap(columns, 2 * H, 3 * H);
    const d = this.#inner + range.start;
    this.gateGradients(k, columns, rows);
    this.candidateWeight.gradient(k, this.buffers.previous, d, rows, range, H, H);
    k.sumRows(this.#bias.gradient + range.start, d, rows, range.end - range.start, H);
  }
}
