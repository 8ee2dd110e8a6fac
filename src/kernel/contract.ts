/**
 * The kernel contract: what every back end computes, and nothing about how.
 *
 * Rules that hold for every function here:
 *
 * - Operands are addresses in the back end's one memory. Outputs come first, then inputs, then sizes, then strides.
 * - Matrices are row-major. A stride is the distance between rows, in numbers; where none is given, rows are contiguous.
 * - Nothing is allocated. Operands don't overlap, unless "in place" is said.
 * - Functions that say "+=" accumulate; the caller clears. All others overwrite.
 * - Any size may be 0, and nothing is written then.
 * - Each output number is summed in ascending order of the summed index, whatever the tile or the split, so
 *   that dividing rows or columns of an output between threads doesn't change a bit of it.
 */

/** A position in the kernel's memory, counted in numbers of its own kind (`floats` or `ints`) from the start. */
export type Address = number;

/** The address that no operand ever has. */
export const NONE: Address = 0;

/** The back ends, fastest first: 256-bit FMA, 128-bit FMA, plain JavaScript. */
export const KERNEL_NAMES = ['wasm256', 'wasm128', 'js'] as const;
export type KernelName = (typeof KERNEL_NAMES)[number];

/** Columns of the panels that a packed matrix is made of; the last is filled up with zeros. The layout inside is a back end's own. */
const PANEL_COLUMNS = 16;

/** Numbers that `pack` needs for a matrix of k × n. */
export function packedSize(k: number, n: number): number {
  return k * Math.ceil(n / PANEL_COLUMNS) * PANEL_COLUMNS;
}

/** The numbers of a memory. Float64 is for checking gradients; it exists on the reference kernels alone. */
export type Floats = Float32Array | Float64Array;

/** One memory seen as numbers and, over the same bytes, as 32-bit integers. */
export interface Memory {
  readonly floats: Floats;
  readonly ints: Int32Array;
}

/** What an update needs besides its operands. `scale` multiplies the gradient first: clipping costs no pass of its own. */
export interface SgdSettings {
  readonly rate: number;
  readonly scale: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

export interface RmsPropSettings {
  readonly rate: number;
  readonly scale: number;
  readonly smoothing: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export interface AdagradSettings {
  readonly rate: number;
  readonly scale: number;
  readonly epsilon: number;
  readonly weightDecay: number;
}

export interface AdamSettings {
  readonly rate: number;
  readonly scale: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** The number of this update, from 1: for the correction of the moments' bias towards zero. */
  readonly step: number;
}

export interface Kernels extends Memory {
  readonly name: KernelName;

  // Products. The right-hand matrix is packed first, into a layout of the back end's own.

  /** packed ← B for B of k × n with row stride `stride`. */
  pack(packed: Address, b: Address, k: number, n: number, stride: number): void;
  /** packed ← Bᵀ for B of n × k with row stride `stride`: what is packed has k rows and n columns. */
  packTransposed(packed: Address, b: Address, k: number, n: number, stride: number): void;
  /**
   * C ← S + A·B for C and S of m × n, A of m × k, B packed from k × n. S is what the sums start from: C itself, to add to
   * it, or, with strideStart 0, one row for all, such as a bias or zeros.
   */
  multiply(
    c: Address,
    start: Address,
    a: Address,
    packed: Address,
    m: number,
    n: number,
    k: number,
    strideC: number,
    strideStart: number,
    strideA: number,
  ): void;
  /** C += Aᵀ·B for C of m × n, A of k × m, B of k × n, neither packed: a weight's gradient, summed over k rows. */
  multiplyTransposed(
    c: Address,
    a: Address,
    b: Address,
    m: number,
    n: number,
    k: number,
    strideC: number,
    strideA: number,
    strideB: number,
  ): void;

  // Rows.

  /** out[r] ← table[ids[r]] + bias; with bias = NONE, out[r] ← table[ids[r]]. The product of a one-hot row and a matrix. */
  gatherRows(out: Address, table: Address, ids: Address, bias: Address, rows: number, n: number): void;
  /** table[ids[r]] += d[r], for r ascending: the backward of `gatherRows`. Strides are those of `table` and `d`. */
  scatterRows(
    table: Address,
    d: Address,
    ids: Address,
    rows: number,
    n: number,
    strideTable: number,
    strideD: number,
  ): void;
  /** out[j] += Σ_r d[r][j]: a bias's gradient. */
  sumRows(out: Address, d: Address, rows: number, n: number, strideD: number): void;
  /** out[r] ← a[r] where keep[r] ≠ 0, else 0. In place too (out = a). */
  keepRows(out: Address, a: Address, keep: Address, rows: number, n: number): void;
  /** out[r] += a[r] where keep[r] ≠ 0. */
  addKeptRows(out: Address, a: Address, keep: Address, rows: number, n: number): void;
  /** out[r] ← a[r] where mask[r] = 0; other rows stay as they are. */
  restoreRows(out: Address, a: Address, mask: Address, rows: number, n: number): void;
  /** Where mask[r] = 0, out[r] ← a[r] and a[r] ← 0; elsewhere out[r] ← 0. */
  moveRows(out: Address, a: Address, mask: Address, rows: number, n: number): void;
  /** out ← value, n times. */
  fill(out: Address, value: number, n: number): void;

  // Regularisation.

  /**
   * out[j] ← a[j] / (1 − p) with probability 1 − p, else 0 (inverted dropout; Srivastava et al. 2014). What is drawn for a number
   * depends on `key` (32 bits) and on its place `place + j` alone, so the same call again, on the gradient, drops the same numbers.
   * p = 0 copies. In place too (out = a).
   */
  dropout(out: Address, a: Address, n: number, place: number, key: number, p: number): void;

  // Activations: forward in place (a: pre-activations, then activations h); backward turns h into the gradient
  // with respect to the pre-activation, in place, given dh.

  /** a ← tanh a. */
  tanhForward(a: Address, n: number): void;
  /** h ← dh ⊙ (1 − h²). */
  tanhBackward(h: Address, dh: Address, n: number): void;
  /** a ← 1 / (1 + e^−a). */
  logisticForward(a: Address, n: number): void;
  /** h ← dh ⊙ h ⊙ (1 − h). */
  logisticBackward(h: Address, dh: Address, n: number): void;
  /** a ← max(a, 0). NaN stays NaN. */
  reluForward(a: Address, n: number): void;
  /** h ← dh where h > 0, else 0. */
  reluBackward(h: Address, dh: Address, n: number): void;

  // LSTM. A row of `gates` is i, f, g, o, each of `hidden` numbers.

  /**
   * In `gates`, pre-activations become i, f, o = σ(·), g = tanh(·), in place; then
   * c ← f ⊙ c₋ + i ⊙ g, cellTanh ← tanh c, h ← o ⊙ cellTanh.
   */
  lstmForward(
    h: Address,
    cell: Address,
    cellTanh: Address,
    gates: Address,
    cellPrevious: Address,
    rows: number,
    hidden: number,
  ): void;
  /**
   * In `gates`, activations become gradients with respect to the pre-activations, in place; with
   * δ = dCell + dh ⊙ o ⊙ (1 − cellTanh²), dCell ← δ ⊙ f in place: the gradient with respect to c₋.
   */
  lstmBackward(
    gates: Address,
    dCell: Address,
    dh: Address,
    cellTanh: Address,
    cellPrevious: Address,
    rows: number,
    hidden: number,
  ): void;

  // GRU. A row of `gates` is r, z, n, each of `hidden` numbers; h₋ is the previous state.

  /** Reset before the product, first half: r, z ← σ(·) in place in `gates`; resetHidden ← r ⊙ h₋. */
  gruResetForward(resetHidden: Address, gates: Address, hPrevious: Address, rows: number, hidden: number): void;
  /** Second half: n ← tanh(·) in place in `gates`; h ← (1 − z) ⊙ h₋ + z ⊙ n. */
  gruForward(h: Address, gates: Address, hPrevious: Address, rows: number, hidden: number): void;
  /**
   * Backward of `gruForward`: in `gates`, z and n become gradients with respect to their pre-activations, r stays;
   * dPrevious ← dh ⊙ (1 − z).
   */
  gruBackward(gates: Address, dPrevious: Address, dh: Address, hPrevious: Address, rows: number, hidden: number): void;
  /**
   * Backward of `gruResetForward`, given dResetHidden: in `gates`, r becomes the gradient with respect to its
   * pre-activation; dPrevious += dResetHidden ⊙ r.
   */
  gruResetBackward(
    gates: Address,
    dPrevious: Address,
    dResetHidden: Address,
    hPrevious: Address,
    rows: number,
    hidden: number,
  ): void;
  /**
   * Reset after the product; `inner` is W_n h₋ + b'_n. In `gates`: r, z ← σ(·), n ← tanh(n + r ⊙ inner), in place;
   * h ← (1 − z) ⊙ h₋ + z ⊙ n.
   */
  gruAfterForward(h: Address, gates: Address, inner: Address, hPrevious: Address, rows: number, hidden: number): void;
  /**
   * Backward of `gruAfterForward`: in `gates`, all three become gradients with respect to their pre-activations;
   * inner ← its own gradient, in place; dPrevious ← dh ⊙ (1 − z).
   */
  gruAfterBackward(
    gates: Address,
    inner: Address,
    dPrevious: Address,
    dh: Address,
    hPrevious: Address,
    rows: number,
    hidden: number,
  ): void;

  // Output.

  /**
   * For each row with target t ≥ 0: losses[r] ← −log softmax(logits[r])_t, and logits[r] ← (softmax(logits[r]) − onehot_t) · scale,
   * in place: the gradient. A row whose target is negative is not counted: its loss and its gradient are 0.
   */
  softmaxCrossEntropy(
    logits: Address,
    losses: Address,
    targets: Address,
    rows: number,
    symbols: number,
    scale: number,
  ): void;

  // Attention.

  /** For each row, the first n numbers become their softmax, in place. */
  softmaxForward(a: Address, rows: number, n: number, stride: number): void;
  /** d ← p ⊙ (d − Σ p d) for the first n numbers of each row, in place: the backward of `softmaxForward`, whose result is p. */
  softmaxBackward(d: Address, p: Address, rows: number, n: number, stride: number): void;
  /**
   * scores[t][i] ← Σ_j v[j] tanh(q[t][j] + keys[i][j]), for t < steps, i < length and j < width. Rows of q and of keys are `stride` apart.
   */
  additiveScores(
    scores: Address,
    q: Address,
    keys: Address,
    v: Address,
    steps: number,
    length: number,
    width: number,
    strideScores: number,
    stride: number,
  ): void;
  /**
   * Backward of `additiveScores`, given the gradients of the scores. With u = tanh(q[t] + keys[i]) and g = dScores[t][i]:
   * dv += g u, and, with d = g v ⊙ (1 − u²), dq[t] += d and dKeys[i] += d.
   */
  additiveScoresBackward(
    dq: Address,
    dKeys: Address,
    dv: Address,
    dScores: Address,
    q: Address,
    keys: Address,
    v: Address,
    steps: number,
    length: number,
    width: number,
    strideScores: number,
    stride: number,
  ): void;

  // Updates, element by element. p: parameters, g: gradients, the rest: the optimizer's own moments.

  /** Σ g². Meant for blocks of a few thousand numbers, whose sums the caller adds up in a fixed order. */
  sumOfSquares(g: Address, n: number): number;
  /** g ← min(max(g, −limit), limit). */
  clamp(g: Address, limit: number, n: number): void;
  /** g ← scale·g + weightDecay·p; velocity ← momentum·velocity + g; p ← p − rate·velocity. g itself is left alone. */
  sgd(p: Address, g: Address, velocity: Address, n: number, settings: SgdSettings): void;
  /** s ← ρ·s + (1 − ρ)·g²; p ← p − rate·g / (√s + ε), with g as in `sgd`. */
  rmsProp(p: Address, g: Address, s: Address, n: number, settings: RmsPropSettings): void;
  /** s ← s + g²; p ← p − rate·g / (√s + ε), with g as in `sgd`. */
  adagrad(p: Address, g: Address, s: Address, n: number, settings: AdagradSettings): void;
  /**
   * Adam with decoupled weight decay (Kingma & Ba 2015; Loshchilov & Hutter 2019): g ← scale·g; m ← β₁m + (1 − β₁)g;
   * v ← β₂v + (1 − β₂)g²; p ← p − rate·weightDecay·p − rate·m̂ / (√v̂ + ε), m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).
   */
  adam(p: Address, g: Address, m: Address, v: Address, n: number, settings: AdamSettings): void;
  /** mean ← mean + share · (p − mean): a running average of parameters. */
  average(mean: Address, p: Address, n: number, share: number): void;
}
