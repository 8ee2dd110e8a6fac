import type { Limits } from './options.ts';

/** How far a run is towards the nearest of its limits. Time counts from when this is made. */
export class Course {
  readonly #limits: Limits;
  readonly #start = performance.now();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Share of the run that is over, in [0, 1]. */
  progress(step: number, epoch: number): number {
    const { steps, epochs, seconds } = this.#limits;
    const infinite = Number.POSITIVE_INFINITY;
    const shares = [step / (steps ?? infinite), epoch / (epochs ?? infinite), this.#seconds() / (seconds ?? infinite)];
    return Math.min(1, Math.max(...shares));
  }

  /** The limit that is reached, if any is. */
  reached(step: number, epoch: number): 'steps' | 'epochs' | 'time' | undefined {
    const { steps, epochs, seconds } = this.#limits;
    if (steps !== undefined && step >= steps) return 'steps';
    if (epochs !== undefined && epoch >= epochs) return 'epochs';
    if (seconds !== undefined && this.#seconds() >= seconds) return 'time';
    return undefined;
  }

  #seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }
}
