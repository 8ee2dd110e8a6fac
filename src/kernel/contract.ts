/**
 * The kernel contract: what every back end computes. How a back end computes it is its own business.
 *
 * These rules hold for every function:
 *
 * - Operands are addresses in the back end's one memory. Outputs come first, then inputs, then sizes, then strides.
 * - Matrices are row-major. A stride is the distance between the starts of two rows, counted in numbers. Where a function takes
 *   no stride, rows follow each other without a gap.
 * - A function allocates nothing. Operands do not overlap, unless the function's description says "in place".
 * - A function whose formula says "+=" adds to its output; the caller clears the output first. All others overwrite it.
 * - Any size may be 0. The function then writes nothing.
 * - An output number that is a sum is summed in ascending order of the summed index. The order depends neither on the size of a
 *   tile nor on how callers divide the work, so threads may share the rows or columns of an output without changing a bit.
 *
 * `table.ts` says for each function which numbers it reads and writes; `checked.ts` checks calls against that.
 */

/** A position in the kernel's memory, counted in numbers of its own kind (`floats` or `ints`) from the start. */
export type Address = number;

/** Stands for an operand that is not there. No operand has this address. */
export const NONE: Address = 0;

/** The back ends, fastest first: WebAssembly for 256-bit registers, WebAssembly for 128-bit registers, plain JavaScript. */
export const KERNEL_NAMES = ['wasm256', 'wasm128', 'js'] as const;
export type KernelName = (typeof KERNEL_NAMES)[number];

/** A packed matrix is made of panels of so many columns; zeros fill the last panel up. Each back end has its own layout inside. */
const PANEL_COLUMNS = 16;

/** How many numbers `pack` needs room for, given a matrix of k × n. */
export function packedSize(k: number, n: number): number {
  return k * Math.ceil(n / PANEL_COLUMNS) * PANEL_COLUMNS;
}

/** The numbers of a memory. Only the reference kernels know float64; gradient checks use it. */
export type Floats = Float32Array | Float64Array;

/** One memory, seen as floating-point numbers and as 32-bit integers. Both views cover the same bytes. */
export interface Memory {
  readonly floats: Floats;
  readonly ints: Int32Array;
}

/** What every update needs besides its operands. */
interface CommonSettings {
  /** η, the learning rate. */
  readonly rate: number;
  /** The gradient is multiplied by this first: clipping by norm then needs no pass over the gradient. */
  readonly scale: number;
  readonly weightDecay: number;
}

export interface SgdSettings extends CommonSettings {
  readonly momentum: number;
}

export interface RmsPropSettings extends CommonSettings {
  readonly smoothing: number;
  readonly epsilon: number;
}

export interface AdagradSettings extends CommonSettings {
  readonly epsilon: number;
}

export interface AdamSettings extends CommonSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** The number of this update, counted from 1. The correction of the moments' bias towards zero depends on it. */
  readonly step: number;
}

/** A back end over its memory. */
export interface Kernels extends Memory, KernelFunctions {
  readonly name: KernelName;
}

/** The name of a function of the contract. */
export type FunctionName = keyof KernelFunctions;

/** The functions of the contract. */
export interface KernelFunctions {
  // Products. `pack` first brings the right-hand matrix into the back end's own layout.

  /** packed ← B for B of k × n with row stride `stride`. */
  pack(packed: Address, b: Address, k: number, n: number, stride: number): void;
  /** packed ← Bᵀ for B of n × k with row stride `stride`. The packed matrix has k rows and n columns. */
  packTransposed(packed: Address, b: Address, k: number, n: number, stride: number): void;
  /**
   * C ← S + A·B for C and S of m × n, A of m × k, B packed from k × n. The sums start from S. S may be C itself: the product is
   * then added to C. With strideStart = 0, S is one row that serves all rows of C, such as a bias.
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
  /** C += Aᵀ·B for C of m × n, A of k × m, B of k × n. Neither matrix is packed. This is a weight's gradient, summed over k rows. */
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

  /**
   * out[r] ← table[ids[r]] + bias: the product of a one-hot row and a matrix. With bias = NONE, out[r] ← table[ids[r]].
   */
  gatherRows(out: Address, table: Address, ids: Address, bias: Address, rows: number, n: number): void;
  /** table[ids[r]] += d[r], for r ascending: the backward of `gatherRows`. */
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
  /** out[r] ← a[r] where keep[r] ≠ 0, else 0. May work in place (out = a). */
  keepRows(out: Address, a: Address, keep: Address, rows: number, n: number): void;
  /** out[r] += a[r] where keep[r] ≠ 0. */
  addKeptRows(out: Address, a: Address, keep: Address, rows: number, n: number): void;
  /** out[r] ← a[r] where mask[r] = 0. Rows where mask[r] ≠ 0 stay as they are. Undoes a step for sequences that have ended. */
  restoreRows(out: Address, a: Address, mask: Address, rows: number, n: number): void;
  /**
   * Where mask[r] = 0, out[r] ← a[r], then a[r] ← 0; elsewhere out[r] ← 0. The backward of `restoreRows`: `a` holds the gradient of
   * its output on entry and the gradient of the rows that stayed on return; `out` receives the gradient of the restored rows.
   */
  moveRows(out: Address, a: Address, mask: Address, rows: number, n: number): void;
  /** out ← value, n times. */
  fill(out: Address, value: number, n: number): void;

  // Regularisation.

  /**
   * out[j] ← a[j] / (1 − p) with probability 1 − p, else 0 (inverted dropout; Srivastava et al. 2014). Whether a number is dropped
   * depends only on `key` (32 bits) and on its place, `place + j`. A second call with the same key, on the gradient, therefore drops
   * the same numbers. p = 0 copies. May work in place (out = a).
   */
  dropout(out: Address, a: Address, n: number, place: number, key: number, p: number): void;

  // Activations, all in place. Forward turns the pre-activations a into activations h. Backward turns h into the gradient with
  // respect to a, given the gradient dh with respect to h.

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
   * Turns the pre-activations in `gates` into i, f, o = σ(·) and g = tanh(·), in place. Then
   * c ← f ⊙ c₋ + i ⊙ g, h ← o ⊙ tanh c.
   */
  lstmForward(h: Address, cell: Address, gates: Address, cellPrevious: Address, rows: number, hidden: number): void;
  /**
   * Turns the activations in `gates` into gradients with respect to the pre-activations, in place. dCell holds ∂L/∂c from later
   * steps; with δ = dCell + dh ⊙ o ⊙ (1 − tanh² c), dCell ← δ ⊙ f: the gradient with respect to c₋.
   */
  lstmBackward(
    gates: Address,
    dCell: Address,
    dh: Address,
    cell: Address,
    cellPrevious: Address,
    rows: number,
    hidden: number,
  ): void;

  // GRU. A row of `gates` is r, z, n, each of `hidden` numbers; h₋ is the previous state.

  /** Reset before the product, first half: r, z ← σ(·) in `gates`, in place; resetHidden ← r ⊙ h₋. */
  gruResetForward(resetHidden: Address, gates: Address, hPrevious: Address, rows: number, hidden: number): void;
  /** Second half: n ← tanh(·) in `gates`, in place; h ← (1 − z) ⊙ h₋ + z ⊙ n. */
  gruForward(h: Address, gates: Address, hPrevious: Address, rows: number, hidden: number): void;
  /**
   * Backward of `gruForward`. In `gates`, z and n become gradients with respect to their pre-activations; r stays as it is.
   * dPrevious ← dh ⊙ (1 − z).
   */
  gruBackward(gates: Address, dPrevious: Address, dh: Address, hPrevious: Address, rows: number, hidden: number): void;
  /**
   * Backward of `gruResetForward`, given dResetHidden. In `gates`, r becomes the gradient with respect to its
   * pre-activation. dPrevious += dResetHidden ⊙ r.
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
   * Reset after the product; `inner` is W_n h₋ + b'_n. In `gates`, in place, r, z ← σ(·) and n ← tanh(n + r ⊙ inner). Then
   * h ← (1 − z) ⊙ h₋ + z ⊙ n.
   */
  gruAfterForward(h: Address, gates: Address, inner: Address, hPrevious: Address, rows: number, hidden: number): void;
  /**
   * Backward of `gruAfterForward`. In `gates`, r, z and n become gradients with respect to their pre-activations. `inner` becomes
   * its own gradient, in place. dPrevious ← dh ⊙ (1 − z).
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
   * in place: the gradient with respect to the logits. A row with a negative target does not count: its loss and its gradient are 0.
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

  // Updates, number by number. p are parameters, g gradients; the other operands are the optimizer's own moments.

  /** Σ g². For blocks of a few thousand numbers; the caller adds up the blocks' sums in a fixed order. */
  sumOfSquares(g: Address, n: number): number;
  /** g ← min(max(g, −limit), limit). */
  clamp(g: Address, limit: number, n: number): void;
  /** With γ = scale·g + weightDecay·p: velocity ← momentum·velocity + γ; p ← p − rate·velocity. */
  sgd(p: Address, g: Address, velocity: Address, n: number, settings: SgdSettings): void;
  /** With γ as in `sgd` and ρ = smoothing: s ← ρ·s + (1 − ρ)·γ²; p ← p − rate·γ / (√s + ε). */
  rmsProp(p: Address, g: Address, s: Address, n: number, settings: RmsPropSettings): void;
  /** With γ as in `sgd`: s ← s + γ²; p ← p − rate·γ / (√s + ε). */
  adagrad(p: Address, g: Address, s: Address, n: number, settings: AdagradSettings): void;
  /**
   * Adam with decoupled weight decay (Kingma & Ba 2015; Loshchilov & Hutter 2019). With γ = scale·g: m ← β₁m + (1 − β₁)γ;
   * v ← β₂v + (1 − β₂)γ²; p ← p − rate·weightDecay·p − rate·m̂ / (√v̂ + ε), m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).
   */
  adam(p: Address, g: Address, m: Address, v: Address, n: number, settings: AdamSettings): void;
  /** mean ← mean + share · (p − mean): a running average of parameters. */
  average(mean: Address, p: Address, n: number, share: number): void;
}
