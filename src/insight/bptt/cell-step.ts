import { Matrix } from 'ml-matrix';
import { UserError } from '../../errors.ts';
import type { Activation, CellName, Reset } from '../../nn/config.ts';

export type Vector = readonly number[];

/** One layer's tensors as matrices, in the order of the gates' columns (nn/manifest.ts). */
export interface LayerMatrices {
  /** U [D, G·H]. */
  readonly input: Matrix;
  /** W [H, G·H]. */
  readonly recurrent: Matrix;
  /** b [G·H]. */
  readonly bias: Vector;
  /** b' [H] of a GRU that resets after the product. */
  readonly recurrentBias?: Vector;
}

/** Which cell it is, with the choices that some cells offer. */
export interface CellChoice {
  readonly cell: CellName;
  readonly activation: Activation;
  readonly reset: Reset;
}

/** A cell's own state: h, and c of an LSTM. */
export interface CellState {
  readonly h: Vector;
  readonly c?: Vector;
}

/**
 * One step of a cell in float64, with its derivatives. s is h, or, of an LSTM, h and then c: S numbers. The pre-activations have two parts,
 * u = Ux + b and w = W p, where p is what W is multiplied by.
 */
export interface CellStep {
  readonly after: CellState;
  /** What each gate is after its squashing, by name, and of a GRU h̃ as n. */
  readonly gates: Readonly<Record<string, Vector>>;
  /** [S, G·H] ∂s/∂u. */
  readonly byInput: Matrix;
  /** [S, G·H] ∂s/∂w. */
  readonly byProduct: Matrix;
  /** [S, S] ∂s/∂s₋, by every road within the step. */
  readonly byBefore: Matrix;
  /** p of each gate: h₋, or r ⊙ h₋ for the candidate of a GRU that resets before the product. */
  readonly operands: readonly Vector[];
}

/**
 * The step and its derivatives, from the formulas of nn/cells. This code shares nothing with the forward and backward passes there, so each
 * can be checked by the other. UserError for a kind of cell whose formulas are not here.
 *
 * @param u [G·H] Ux + b
 */
export function cellStep(choice: CellChoice, layer: LayerMatrices, u: Vector, before: CellState): CellStep {
  const step = STEPS[choice.cell];
  if (step) return step(choice, layer, u, before);
  const known = Object.keys(STEPS).join(', ');
  throw new UserError(`the cell ${choice.cell} has no formulas here; give a model of one of ${known}`);
}

/** The step of each kind of cell that has its formulas here. */
const STEPS: Partial<Readonly<Record<CellName, typeof cellStep>>> = {
  rnn: ({ activation }, layer, u, { h }) => rnnStep(activation, layer, u, h),
  lstm: (_, layer, u, { h, c = [] }) => lstmStep(layer, u, h, c),
  gru: ({ reset }, layer, u, { h }) => (reset === 'after' ? gruAfterStep(layer, u, h) : gruBeforeStep(layer, u, h)),
};

/** h = σ(u + Wh₋). */
function rnnStep(activation: Activation, { recurrent }: LayerMatrices, u: Vector, previous: Vector): CellStep {
  const { squash, slope } = SQUASH[activation];
  const h = plus(u, product(previous, recurrent)).map(squash);
  const byInput = Matrix.diag([...h.map(slope)]);
  return {
    after: { h },
    gates: { h },
    byInput,
    byProduct: byInput,
    byBefore: byInput.mmul(recurrent.transpose()),
    operands: [previous],
  };
}

/** i, f, o = σ(·), g = tanh(·); c = f ⊙ c₋ + i ⊙ g; h = o ⊙ tanh c. */
function lstmStep({ recurrent }: LayerMatrices, u: Vector, previous: Vector, cell: Vector): CellStep {
  const H = previous.length;
  const a = plus(u, product(previous, recurrent));
  const i = gatePart(a, 0, H).map(logistic);
  const f = gatePart(a, 1, H).map(logistic);
  const o = gatePart(a, 3, H).map(logistic);
  const g = gatePart(a, 2, H).map(Math.tanh);
  const c = plus(times(f, cell), times(i, g));
  const tanhC = c.map(Math.tanh);
  const h = times(o, tanhC);
  // ∂h/∂c, o being given.
  const throughCell = times(o, tanhC.map(tanhSlope));
  const cellByGate = [times(g, i.map(logisticSlope)), times(cell, f.map(logisticSlope)), times(i, g.map(tanhSlope))];
  const byInput = Matrix.zeros(2 * H, 4 * H);
  for (const [gate, diagonal] of cellByGate.entries()) {
    setDiagonal(byInput, 0, gate * H, times(throughCell, diagonal));
    setDiagonal(byInput, H, gate * H, diagonal);
  }
  setDiagonal(byInput, 0, 3 * H, times(tanhC, o.map(logisticSlope)));
  const byBefore = Matrix.zeros(2 * H, 2 * H);
  byBefore.setSubMatrix(byInput.mmul(recurrent.transpose()), 0, 0);
  setDiagonal(byBefore, 0, H, times(throughCell, f));
  setDiagonal(byBefore, H, H, f);
  const operands = Array<Vector>(4).fill(previous);
  return { after: { h, c }, gates: { i, f, g, o }, byInput, byProduct: byInput, byBefore, operands };
}

/** r, z = σ(·); n = tanh(u_n + W(r ⊙ h₋)); h = (1 − z) ⊙ h₋ + z ⊙ n. */
function gruBeforeStep({ recurrent }: LayerMatrices, u: Vector, previous: Vector): CellStep {
  const H = previous.length;
  const [gateWeight, candidateWeight] = gruWeights(recurrent, H);
  const gateInput = plus(u.slice(0, 2 * H), product(previous, gateWeight));
  const r = gatePart(gateInput, 0, H).map(logistic);
  const z = gatePart(gateInput, 1, H).map(logistic);
  const reset = times(r, previous);
  const n = plus(gatePart(u, 2, H), product(reset, candidateWeight)).map(Math.tanh);
  const byCandidate = times(z, n.map(tanhSlope));
  const byReset = Matrix.diag([...byCandidate]).mmul(candidateWeight.transpose()); // ∂h/∂(r ⊙ h₋)
  const byInput = Matrix.zeros(H, 3 * H);
  byInput.setSubMatrix(byReset.clone().mulRowVector([...times(previous, r.map(logisticSlope))]), 0, 0);
  setDiagonal(byInput, 0, H, updateSlope(n, previous, z));
  setDiagonal(byInput, 0, 2 * H, byCandidate);
  const byBefore = Matrix.diag(z.map((value) => 1 - value))
    .add(byInput.subMatrix(0, H - 1, 0, 2 * H - 1).mmul(gateWeight.transpose()))
    .add(byReset.clone().mulRowVector([...r]));
  const h = interpolate(z, previous, n);
  return {
    after: { h },
    gates: { r, z, n, h },
    byInput,
    byProduct: byInput,
    byBefore,
    operands: [previous, previous, reset],
  };
}

/** r, z = σ(·); n = tanh(u_n + r ⊙ (Wh₋ + b')); h = (1 − z) ⊙ h₋ + z ⊙ n. */
function gruAfterStep({ recurrent, recurrentBias = [] }: LayerMatrices, u: Vector, previous: Vector): CellStep {
  const H = previous.length;
  const w = product(previous, recurrent);
  const a = plus(u, w);
  const r = gatePart(a, 0, H).map(logistic);
  const z = gatePart(a, 1, H).map(logistic);
  const inner = plus(gatePart(w, 2, H), recurrentBias);
  const n = plus(gatePart(u, 2, H), times(r, inner)).map(Math.tanh);
  const byCandidate = times(z, n.map(tanhSlope));
  const byInput = Matrix.zeros(H, 3 * H);
  setDiagonal(byInput, 0, 0, times(times(byCandidate, inner), r.map(logisticSlope)));
  setDiagonal(byInput, 0, H, updateSlope(n, previous, z));
  setDiagonal(byInput, 0, 2 * H, byCandidate);
  const byProduct = byInput.clone();
  setDiagonal(byProduct, 0, 2 * H, times(byCandidate, r));
  const byBefore = Matrix.diag(z.map((value) => 1 - value)).add(byProduct.mmul(recurrent.transpose()));
  const h = interpolate(z, previous, n);
  return {
    after: { h },
    gates: { r, z, n, h },
    byInput,
    byProduct,
    byBefore,
    operands: Array<Vector>(3).fill(previous),
  };
}

function gruWeights(recurrent: Matrix, H: number): [Matrix, Matrix] {
  return [recurrent.subMatrix(0, H - 1, 0, 2 * H - 1), recurrent.subMatrix(0, H - 1, 2 * H, 3 * H - 1)];
}

/** (1 − z) ⊙ h₋ + z ⊙ n. */
function interpolate(z: Vector, previous: Vector, n: Vector): Vector {
  return z.map((value, j) => (1 - value) * previous[j]! + value * n[j]!);
}

/** The diagonal of ∂h/∂a_z: (n − h₋) ⊙ σ'. */
function updateSlope(n: Vector, previous: Vector, z: Vector): Vector {
  return z.map((value, j) => (n[j]! - previous[j]!) * logisticSlope(value));
}

const logistic = (a: number): number => 1 / (1 + Math.exp(-a));
/** Slopes are those at the pre-activation, from the value after squashing. */
const logisticSlope = (value: number): number => value * (1 - value);
const tanhSlope = (value: number): number => 1 - value * value;

const SQUASH: Readonly<Record<Activation, { squash(a: number): number; slope(value: number): number }>> = {
  tanh: { squash: Math.tanh, slope: tanhSlope },
  logistic: { squash: logistic, slope: logisticSlope },
  relu: { squash: (a) => Math.max(a, 0), slope: (value) => Number(value > 0) },
  linear: { squash: (a) => a, slope: () => 1 },
};

/** The row vector a times a matrix. */
export function product(a: Vector, matrix: Matrix): Vector {
  const out = Array<number>(matrix.columns).fill(0);
  for (const [i, value] of a.entries()) for (let j = 0; j < out.length; j++) out[j]! += value * matrix.get(i, j);
  return out;
}

export function plus(a: Vector, b: Vector): Vector {
  return a.map((value, j) => value + b[j]!);
}

function times(a: Vector, b: Vector): Vector {
  return a.map((value, j) => value * b[j]!);
}

function gatePart(a: Vector, gate: number, H: number): Vector {
  return a.slice(gate * H, (gate + 1) * H);
}

function setDiagonal(matrix: Matrix, row: number, column: number, diagonal: Vector): void {
  for (const [j, value] of diagonal.entries()) matrix.set(row + j, column + j, value);
}
