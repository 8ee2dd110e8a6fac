import type { Arena } from '../kernel/arena.ts';
import type { Address, Kernels } from '../kernel/contract.ts';
import type { Range } from '../kernel/team.ts';
import type { Parameters } from '../nn/model.ts';

/** In the first updates the average forgets faster. Otherwise it would long remember the random parameters of the start. */
const WARM_UP = 10;

/**
 * The exponential moving average θ̄ of the parameters (Polyak & Juditsky 1992): θ̄ ← θ̄ + (1 − d)(θ − θ̄) after every update t, with the
 * decay d = min(decay, (1 + t) / (10 + t)). Where a run keeps an average, the average is validated and saved as the model.
 */
export class Average {
  /** θ̄: a buffer of the same layout as the parameters. */
  readonly mean: Address;
  readonly #parameters: Parameters;
  readonly #decay: number;

  constructor(arena: Arena, parameters: Parameters, decay: number) {
    this.mean = arena.float(parameters.manifest.size);
    this.#parameters = parameters;
    this.#decay = decay;
  }

  /** Sets the average to the parameters, as before the first update. */
  start({ floats }: Kernels): void {
    const { values, manifest } = this.#parameters;
    floats.copyWithin(this.mean, values, values + manifest.size);
  }

  /** Averages this thread's range after an update; updates are numbered from 1. */
  update(k: Kernels, { start, end }: Range, update: number): void {
    const decay = Math.min(this.#decay, (1 + update) / (WARM_UP + update));
    k.average(this.mean + start, this.#parameters.values + start, end - start, 1 - decay);
  }

  /** Exchanges the average and the parameters, so that whatever reads parameters reads the average. A second exchange undoes the first. */
  exchange({ floats }: Kernels): void {
    const { values, manifest } = this.#parameters;
    const parameters = floats.slice(values, values + manifest.size);
    floats.copyWithin(values, this.mean, this.mean + manifest.size);
    floats.set(parameters, this.mean);
  }
}
