import type { Random } from '../random.ts';
import { type FilterOptions, filter, likeliest } from './filters.ts';
import { logSoftmax } from './log-softmax.ts';

/** A symbol that was chosen, and its log-probability in nats by the model as it is: temperature 1, nothing filtered. */
export interface Choice {
  readonly id: number;
  readonly logProbability: number;
}

/** Changes a row of log-weights in place: −Infinity for what may not come next. */
export type Adjustment = (logs: Float64Array) => void;

/**
 * Chooses symbols: what an adjustment leaves is filtered, weighed, then drawn from softmax(w); with temperature 0 the likeliest is taken.
 */
export class Chooser {
  readonly #options: FilterOptions;
  readonly #logs: Float64Array;
  readonly #weights: Float64Array;

  constructor(symbols: number, options: FilterOptions) {
    this.#options = options;
    this.#logs = new Float64Array(symbols);
    this.#weights = new Float64Array(symbols);
  }

  /** Log-probabilities of the last choice by the model as it is, [V]: overwritten by the next. */
  get logs(): Float64Array {
    return this.#logs;
  }

  /**
   * Undefined where the adjustments leave nothing.
   *
   * @param adjust is given log-probabilities, before they are filtered
   * @param weigh is given log-weights, after they are filtered
   */
  choose(logits: Float32Array, random: Random, adjust?: Adjustment, weigh?: Adjustment): Choice | undefined {
    const weights = this.#weights;
    logSoftmax(this.#logs, logits);
    weights.set(this.#logs);
    adjust?.(weights);
    if (this.#options.temperature > 0) filter(weights, this.#options);
    weigh?.(weights);
    const top = likeliest(weights);
    if (weights[top] === Number.NEGATIVE_INFINITY) return undefined;
    const id = this.#options.temperature === 0 ? top : this.#draw(top, random);
    return { id, logProbability: this.#logs[id]! };
  }

  #draw(top: number, random: Random): number {
    const weights = this.#weights;
    const greatest = weights[top]!;
    let sum = 0;
    for (let id = 0; id < weights.length; id++) {
      weights[id] = Math.exp(weights[id]! - greatest);
      sum += weights[id]!;
    }
    let left = random.next() * sum;
    for (let id = 0; id < weights.length; id++) {
      left -= weights[id]!;
      if (left < 0) return id;
    }
    return top; // rounding left a crumb
  }
}
