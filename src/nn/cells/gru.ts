import type { Address, Kernels } from '../../kernel/contract.ts';
import { overlap, type Range } from '../../kernel/team.ts';
import type { Cell, CellBuffers, CellKind, CellPlan } from '../cell.ts';
import type { Parameter } from '../parameters.ts';
import type { State, Step } from '../state.ts';
import { Weight } from '../weight.ts';

const CANDIDATE = { name: 'n', squash: 'tanh' } as const;

/** The gated recurrent unit, whose reset gate acts before or after the recurrent product. G = 3, in the order r, z, n. */
export const gru: CellKind = {
  label: ({ reset }) => `GRU, reset ${reset}`,
  uses: ['reset'],
  gates: [{ name: 'r', squash: 'logistic' }, { name: 'z', squash: 'logistic' }, CANDIDATE],
  states: ['h'],
  make: (plan) => (plan.options.reset === 'after' ? new GruAfterCell(plan) : new GruBeforeCell(plan)),
};

/** What both forms share: the gates r and z have the columns [0, 2·H) of W, and the candidate n has [2·H, 3·H). */
abstract class GruCell {
  readonly weights: readonly Weight[];
  protected readonly batch: number;
  protected readonly hidden: number;
  protected readonly buffers: CellBuffers;
  protected readonly h: State;
  protected readonly gateWeight: Weight;
  protected readonly candidateWeight: Weight;

  constructor({ arena, recurrent, shape, hidden, buffers }: CellPlan) {
    const part = { parameter: recurrent, rows: hidden, stride: 3 * hidden };
    this.gateWeight = new Weight(arena, { ...part, columns: 2 * hidden }, shape.training);
    this.candidateWeight = new Weight(arena, { ...part, columns: hidden, offset: 2 * hidden }, shape.training);
    this.batch = shape.rows;
    this.hidden = hidden;
    this.buffers = buffers;
    this.h = buffers.states[0]!;
    this.weights = [this.gateWeight, this.candidateWeight];
  }

  /** ∂L/∂W of the gates r, z: h₋ᵀ · d(r, z). */
  protected gateGradients(k: Kernels, columns: Range, positions: Range): void {
    const H = this.hidden;
    const range = overlap(columns, 0, 2 * H);
    this.gateWeight.gradient(k, this.h.previous, this.buffers.gates + range.start, positions, range, H, 3 * H);
  }
}

/**
 * The gated recurrent unit of Cho et al. (2014), whose reset gate acts before the recurrent product:
 *
 *     r, z = σ(Ux + Wh₋ + b)
 *     n = tanh(Ux + W(r ⊙ h₋) + b)
 *     h = (1 − z) ⊙ h₋ + z ⊙ n
 */
class GruBeforeCell extends GruCell implements Cell {
  readonly #resetHidden: Address;
  readonly #dResetHidden: Address;

  constructor(plan: CellPlan) {
    super(plan);
    const { steps, rows, training } = plan.shape;
    this.#resetHidden = plan.arena.float(steps * rows * plan.hidden); // [T][B][H] r ⊙ h₋
    this.#dResetHidden = plan.arena.float(training ? rows * plan.hidden : 0); // [B][H] ∂L/∂(r ⊙ h₋)
  }

  forward(k: Kernels, step: Step): void {
    const { time, row, rows } = step;
    const H = this.hidden;
    const at = (time * this.batch + row) * H;
    const gates = this.buffers.gates + 3 * at;
    const previous = this.h.previous + at;
    const resetHidden = this.#resetHidden + at;
    this.gateWeight.forward(k, gates, previous, rows, 3 * H, H);
    k.gruResetForward(resetHidden, gates, previous, rows, H);
    this.candidateWeight.forward(k, gates + 2 * H, resetHidden, rows, 3 * H, H);
    k.gruForward(this.h.after(step), gates, previous, rows, H);
  }

  backward(k: Kernels, { time, row, rows }: Step): void {
    const H = this.hidden;
    const at = (time * this.batch + row) * H;
    const gates = this.buffers.gates + 3 * at;
    const previous = this.h.previous + at;
    const dPrevious = this.h.carried + row * H;
    const dResetHidden = this.#dResetHidden + row * H;
    k.gruBackward(gates, dPrevious, this.buffers.dHidden + at, previous, rows, H);
    this.candidateWeight.backwardFrom(k, dResetHidden, this.buffers.zeros, gates + 2 * H, rows, H, 3 * H);
    k.gruResetBackward(gates, dPrevious, dResetHidden, previous, rows, H);
  }

  backwardHidden(k: Kernels, { time, row, rows }: Step): void {
    const H = this.hidden;
    const gates = this.buffers.gates + 3 * (time * this.batch + row) * H;
    this.gateWeight.backward(k, this.h.carried + row * H, gates, rows, H, 3 * H);
  }

  weightGradients(k: Kernels, columns: Range, positions: Range): void {
    const H = this.hidden;
    const range = overlap(columns, 2 * H, 3 * H);
    const d = this.buffers.gates + 2 * H + range.start;
    this.gateGradients(k, columns, positions);
    this.candidateWeight.gradient(k, this.#resetHidden, d, positions, range, H, 3 * H);
  }
}

/**
 * The gated recurrent unit of cuDNN and PyTorch, whose reset gate acts after the product, with a bias b' of its own inside the reset:
 *
 *     r, z = σ(Ux + Wh₋ + b)
 *     n = tanh(Ux + b + r ⊙ (Wh₋ + b'))
 *     h = (1 − z) ⊙ h₋ + z ⊙ n
 *
 * PyTorch writes h = (1 − z) ⊙ n + z ⊙ h₋. Since 1 − σ(a) = σ(−a), its weights of z are these with the sign changed.
 */
class GruAfterCell extends GruCell implements Cell {
  readonly #inner: Address;
  readonly #bias: Parameter;

  constructor(plan: CellPlan) {
    super(plan);
    const { arena, shape, hidden, tensors } = plan;
    this.#inner = arena.float(shape.steps * shape.rows * hidden); // [T][B][H] Wh₋ + b', then its gradient
    this.#bias = tensors.tensor({ name: 'recurrent_bias', shape: [hidden], role: 'bias', gates: [CANDIDATE] }); // b' [H]
  }

  forward(k: Kernels, step: Step): void {
    const { time, row, rows } = step;
    const H = this.hidden;
    const at = (time * this.batch + row) * H;
    const gates = this.buffers.gates + 3 * at;
    const inner = this.#inner + at;
    const previous = this.h.previous + at;
    this.gateWeight.forward(k, gates, previous, rows, 3 * H, H);
    this.candidateWeight.forwardFrom(k, inner, this.#bias.value, previous, rows, H, H);
    k.gruAfterForward(this.h.after(step), gates, inner, previous, rows, H);
  }

  backward(k: Kernels, { time, row, rows }: Step): void {
    const H = this.hidden;
    const at = (time * this.batch + row) * H;
    const { gates, dHidden } = this.buffers;
    const { previous } = this.h;
    const dPrevious = this.h.carried + row * H;
    k.gruAfterBackward(gates + 3 * at, this.#inner + at, dPrevious, dHidden + at, previous + at, rows, H);
  }

  backwardHidden(k: Kernels, { time, row, rows }: Step): void {
    const H = this.hidden;
    const at = (time * this.batch + row) * H;
    const dPrevious = this.h.carried + row * H;
    this.gateWeight.backward(k, dPrevious, this.buffers.gates + 3 * at, rows, H, 3 * H);
    this.candidateWeight.backward(k, dPrevious, this.#inner + at, rows, H, H);
  }

  weightGradients(k: Kernels, columns: Range, positions: Range): void {
    const H = this.hidden;
    const range = overlap(columns, 2 * H, 3 * H);
    const d = this.#inner + range.start;
    this.gateGradients(k, columns, positions);
    this.candidateWeight.gradient(k, this.h.previous, d, positions, range, H, H);
    const { start, end } = positions;
    k.sumRows(this.#bias.gradient + range.start, d + start * H, end - start, range.end - range.start, H);
  }
}
