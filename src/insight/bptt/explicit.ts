import type { Matrix } from 'ml-matrix';
import { CELL_KINDS } from '../../nn/cells/index.ts';
import { norm } from '../norm.ts';
import { type CellState, product, type Vector } from './cell-step.ts';
import {
  EMBEDDING,
  type ImmediateDerivative,
  type NetworkMatrices,
  type NetworkStep,
  networkStep,
  zeroStates,
} from './network-step.ts';

/** The symbols that a network reads, and those that it should predict. The state before the first is 0. */
export interface ShortText {
  readonly inputs: readonly number[];
  /** As many as inputs. */
  readonly targets: readonly number[];
}

/** A text read by a network, with the derivatives of every step. */
export interface Unfolded {
  readonly network: NetworkMatrices;
  readonly text: ShortText;
  readonly steps: readonly NetworkStep[];
  /** L_t = −log y_t of the target, in nats. */
  readonly losses: readonly number[];
  /** [S] ∂L_t/∂s_t: what the loss of the step says of the state of the same step. */
  readonly lossByState: readonly Vector[];
}

export function unfold(network: NetworkMatrices, text: ShortText): Unfolded {
  const steps: NetworkStep[] = [];
  let states: readonly CellState[] = zeroStates(network.config);
  for (const symbol of text.inputs) {
    const step = networkStep(network, symbol, states);
    steps.push(step);
    states = step.states;
  }
  return {
    network,
    text,
    steps,
    losses: steps.map(({ probabilities }, t) => -Math.log(probabilities[text.targets[t]!]!)),
    lossByState: steps.map((step, t) => lossByState(network, step, text.targets[t]!)),
  };
}

/** ∂L_t/∂s_t = V (y − onehot) at the top layer's h, else 0. */
function lossByState(
  { config, output }: NetworkMatrices,
  { state, probabilities }: NetworkStep,
  target: number,
): Vector {
  const byHidden = product(outputError(probabilities, target), output.transpose());
  const first = state.length - CELL_KINDS[config.cell].states.length * config.hidden;
  return state.map((_, at) => byHidden[at - first] ?? 0);
}

/** ∂L_t/∂(V h + c) = y − onehot. */
function outputError(probabilities: Vector, target: number): Vector {
  return probabilities.map((probability, id) => probability - Number(id === target));
}

/** ∂s_t/∂s_k for k ≤ t, steps counted from 0: the product of the steps' Jacobians, the identity for k = t. */
export function stateJacobian({ steps }: Unfolded, t: number, k: number): Matrix | undefined {
  let found: Matrix | undefined;
  for (let step = t; step > k; step--) found = found ? found.mmul(steps[step]!.jacobian) : steps[step]!.jacobian;
  return found;
}

/** What stands in the sum ∂L_t/∂θ = Σ_k ∂L_t/∂s_t · ∂s_t/∂s_k · ∂⁺s_k/∂θ for one tensor θ of a layer. */
export interface SumOverSteps {
  readonly tensor: string;
  /** norms[t][k] for k ≤ t: the norm of each term. */
  readonly norms: readonly (readonly number[])[];
  /** [t] ∂L_t/∂θ, flat: the sum over k. */
  readonly byLoss: readonly Float64Array[];
  /**
   * [k] Σ_t of the terms of step k, flat. If every step had a copy θ_k of its own, this would be ∂L/∂θ_k; the copies are one tensor, so
   * ∂L/∂θ = Σ_k ∂L/∂θ_k.
   */
  readonly byCopy: readonly Float64Array[];
  /** ∂L/∂θ. */
  readonly total: Float64Array;
}

/** The sum over steps for one tensor. With `truncate` τ, only the terms of the last τ steps of each loss: k > t − τ. */
export function sumOverSteps(unfolded: Unfolded, tensor: string, truncate = Number.POSITIVE_INFINITY): SumOverSteps {
  const { steps, lossByState } = unfolded;
  const { size } = unfolded.network.manifest.view(tensor);
  const make = (): Float64Array<ArrayBufferLike>[] => steps.map(() => new Float64Array(size));
  const [byLoss, byCopy] = [make(), make()];
  const norms = steps.map((_, t) => {
    const row = Array<number>(t + 1).fill(0);
    let carried = lossByState[t]!; // ∂L_t/∂s_t · ∂s_t/∂s_k
    for (let k = t; k >= 0 && t - k < truncate; k--) {
      const term = applied(carried, immediateOf(steps[k]!, tensor));
      row[k] = norm(term);
      addTo(byLoss[t]!, term);
      addTo(byCopy[k]!, term);
      carried = product(carried, steps[k]!.jacobian);
    }
    return row;
  });
  const total = new Float64Array(size);
  for (const each of byLoss) addTo(total, each);
  return { tensor, norms, byLoss, byCopy, total };
}

/** ∂L/∂θ of every tensor, by name: the sum over steps, and for the output layer what each loss says of it directly. */
export function explicitGradients(unfolded: Unfolded): Map<string, Float64Array> {
  const { network, steps, text } = unfolded;
  const found = new Map<string, Float64Array>(
    network.manifest.views.map(({ name, size }) => [name, new Float64Array(size)]),
  );
  for (const { tensor } of steps[0]!.immediate) found.set(tensor, sumOverSteps(unfolded, tensor).total);
  const weight = found.get('output.weight');
  for (const [t, { states, probabilities }] of steps.entries()) {
    const h = states.at(-1)!.h;
    const error = outputError(probabilities, text.targets[t]!);
    addTo(found.get('output.bias')!, error);
    // [H, V], or, where the matrix is the embedding's transpose, [V, H].
    if (weight) addTo(weight, outer(h, error));
    else addTo(found.get(EMBEDDING)!, outer(error, h));
  }
  return found;
}

/** ∂⁺s_k/∂θ of a step. RangeError where the tensor is none of a layer's. */
export function immediateOf({ immediate }: NetworkStep, tensor: string): ImmediateDerivative {
  const found = immediate.find((each) => each.tensor === tensor);
  if (found) return found;
  throw new RangeError(
    `no state depends on ${tensor} directly; there are ${immediate.map((each) => each.tensor).join(', ')}`,
  );
}

/** v · ∂⁺s/∂θ, flat [R·C], for v of S numbers. */
function applied(v: Vector, { columns, operands }: ImmediateDerivative): Float64Array {
  const byColumn = product(v, columns);
  const width = byColumn.length / operands.length;
  const rows = operands[0]!.length;
  const out = new Float64Array(rows * byColumn.length);
  for (let row = 0; row < rows; row++) {
    for (const [column, value] of byColumn.entries()) {
      out[row * byColumn.length + column] = value * operands[Math.floor(column / width)]![row]!;
    }
  }
  return out;
}

/** ∂⁺s/∂θ written out: [S][R][C]. */
export function thirdOrder({ columns, operands }: ImmediateDerivative): number[][][] {
  const width = columns.columns / operands.length;
  return Array.from({ length: columns.rows }, (_, m) =>
    operands[0]!.map((__, row) =>
      Array.from(
        { length: columns.columns },
        (___, column) => columns.get(m, column) * operands[Math.floor(column / width)]![row]!,
      ),
    ),
  );
}

function outer(a: Vector, b: Vector): Float64Array {
  return Float64Array.from(a.flatMap((x) => b.map((y) => x * y)));
}

function addTo(sum: Float64Array, values: ArrayLike<number>): void {
  for (let j = 0; j < sum.length; j++) sum[j]! += values[j]!;
}
