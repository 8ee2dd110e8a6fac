import type { Automaton } from './automaton.ts';

/** The most transitions that a table follows: so many take a tenth of a second. */
const MOST_TRANSITIONS = 5_000_000;

/** κ: so many predictions of the mean over all states are added to those that were seen in a state. */
const SHARED = 1;

/** The table is computed anew when so many times more predictions have been seen. */
const GROWTH = 4;

/**
 * How likely a completion under way is to meet its constraint. h(q, l) is the probability that a completion in state q of the
 * constraint's automaton, which may have l more symbols, comes to an accepted end. The automaton's states are taken for a Markov chain:
 *
 *   h(q, l) = Σ_c π(c | q) h(q·c, l − 1),  1 where the completion is over and accepted, 0 where it is over and is not.
 *
 * π(c | q), for a class c of symbols, is the mean of the model's predictions that were seen in state q; a state that was seen seldom
 * borrows from the mean over all states. So h gets better with each prediction that is seen. A constraint whose table would be too large
 * has h = 1 wherever an accepted end is possible.
 *
 * Such an h is the "twist" of twisted sequential Monte Carlo (Zhao et al. 2024) and what Ctrl-G computes from a hidden Markov model (Zhang et
 * al. 2024).
 */
export class Lookahead {
  readonly #automaton: Automaton;
  readonly #hasTable: boolean;
  /** [states][classes] Σ p of the predictions that were seen, and how many they were. */
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;
  /** [length + 1][states] log h */
  readonly #table: Float64Array;
  /** [states][classes] log π */
  readonly #chances: Float64Array;
  #seen = 0;
  #seenByTable = 0;
  /** How many rows of the table are computed. */
  #rows = 0;

  /** @param length the most symbols of a completion, its end included */
  constructor(automaton: Automaton, length: number) {
    const { states, width } = automaton;
    this.#automaton = automaton;
    this.#hasTable = states * width * length <= MOST_TRANSITIONS;
    const size = this.#hasTable ? states * width : 0;
    this.#sums = new Float64Array(size);
    this.#counts = new Float64Array(this.#hasTable ? states : 0);
    this.#chances = new Float64Array(size);
    this.#table = new Float64Array(this.#hasTable ? (length + 1) * states : 0);
  }

  /** Takes a prediction of the model in a state: weights [V] whose softmax are the probabilities. */
  see(state: number, weights: Float64Array): void {
    if (!this.#hasTable) return;
    const { classes, width } = this.#automaton;
    const total = logSum(weights);
    if (total === Number.NEGATIVE_INFINITY) return;
    for (let id = 0; id < weights.length; id++) {
      this.#sums[state * width + classes[id]!]! += Math.exp(weights[id]! - total);
    }
    this.#counts[state]!++;
    this.#seen++;
  }

  /** log h(q, l): −Infinity exactly where no accepted end is possible. */
  value(state: number, left: number): number {
    if (this.#automaton.distance(state) > left) return Number.NEGATIVE_INFINITY;
    if (!this.#hasTable) return 0;
    if (this.#rows === 0 || this.#seen >= GROWTH * this.#seenByTable) this.#begin();
    while (this.#rows <= left) this.#addRow();
    return this.#table[left * this.#automaton.states + state]!;
  }

  /** The same after a symbol, where `left` more may come, itself included. */
  valueAfter(state: number, symbol: number, left: number): number {
    return this.value(this.#automaton.next(state, symbol), left - 1);
  }

  /** log π from what was seen. */
  #begin(): void {
    const { states, width } = this.#automaton;
    const mean = new Float64Array(width).fill(1 / width);
    for (let at = 0; at < this.#sums.length; at++) mean[at % width]! += this.#sums[at]!;
    for (let state = 0; state < states; state++) {
      const total = Math.log(this.#counts[state]! + SHARED);
      for (let one = 0; one < width; one++) {
        const at = state * width + one;
        const shared = (SHARED * mean[one]!) / (this.#seen + 1);
        this.#chances[at] = Math.log(this.#sums[at]! + shared) - total;
      }
    }
    this.#seenByTable = Math.max(1, this.#seen);
    this.#rows = 0;
  }

  #addRow(): void {
    const { states, width } = this.#automaton;
    const left = this.#rows++;
    const before = (left - 1) * states;
    const terms = new Float64Array(width);
    for (let state = 0; state < states; state++) {
      if (this.#automaton.onward(state) > left) {
        this.#table[left * states + state] = this.#automaton.accepts(state) ? 0 : Number.NEGATIVE_INFINITY;
        continue;
      }
      for (let one = 0; one < width; one++) {
        const next = this.#automaton.nextOfClass(state, one);
        terms[one] =
          next < 0 ? Number.NEGATIVE_INFINITY : this.#chances[state * width + one]! + this.#table[before + next]!;
      }
      this.#table[left * states + state] = logSum(terms);
    }
  }
}

/** log Σ exp(w). */
export function logSum(weights: Float64Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < weights.length; at++) top = Math.max(top, weights[at]!);
  if (top === Number.NEGATIVE_INFINITY) return top;
  let sum = 0;
  for (let at = 0; at < weights.length; at++) sum += Math.exp(weights[at]! - top);
  return top + Math.log(sum);
}
