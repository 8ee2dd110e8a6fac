import type { Random } from '../random.ts';
import { logSoftmax } from './score.ts';

/** A symbol that was chosen, and its log-probability in nats by the model as it is (temperature 1). */
export interface Choice {
  readonly id: number;
  readonly logProbability: number;
}

/** Chooses symbols by a temperature τ: id ~ softmax(logits / τ); for τ = 0 the likeliest, of equals the one with the smallest id. */
export class Chooser {
  readonly #temperature: number;
  readonly #logs: Float64Array;
  readonly #weights: Float64Array;

  constructor(symbols: number, temperature: number) {
    this.#temperature = temperature;
    this.#logs = new Float64Array(symbols);
    this.#weights = new Float64Array(symbols);
  }

  choose(logits: Float32Array, random: Random): Choice {
    logSoftmax(this.#logs, logits);
    const id = this.#temperature === 0 ? likeliest(this.#logs) : this.#draw(random);
    return { id, logProbability: this.#logs[id]! };
  }

  #draw(random: Random): number {
    const logs = this.#logs;
    const weights = this.#weights;
    const factor = 1 / this.#temperature;
    // Relative to the likeliest, so that a small temperature doesn't make every weight 0.
    const top = logs[likeliest(logs)]!;
    let sum = 0;
    for (let id = 0; id < logs.length; id++) {
      weights[id] = Math.exp((logs[id]! - top) * factor);
      sum += weights[id]!;
    }
    let left = random.next() * sum;
    for (let id = 0; id < weights.length; id++) {
      left -= weights[id]!;
      if (left < 0) return id;
    }
    return likeliest(logs); // rounding left a crumb
  }
}

function likeliest(logs: Float64Array): number {
  let best = 0;
  for (let id = 1; id < logs.length; id++) if (logs[id]! > logs[best]!) best = id;
  return best;
}
