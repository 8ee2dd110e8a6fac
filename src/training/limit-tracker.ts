import type { Limits } from './recipe.ts';

/** Tells how far a run is towards the nearest of its limits. Its time begins when the tracker is made. */
export class LimitTracker {
  readonly #limits: Limits;
  readonly #start = performance.now();
  /** Seconds that the run had taken before it was resumed. */
  #before = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Seconds of the run so far. Undefined where no limit counts them, so that the checkpoint of such a run holds no time. */
  get seconds(): number | undefined {
    return this.#limits.seconds === undefined ? undefined : this.#seconds();
  }

  /** Adds the time of a run that goes on. */
  resume(seconds: number): void {
    this.#before = seconds;
  }

  /** Share of the run that is over, in [0, 1]. */
  progress(step: number, epoch: number): number {
    const { steps, epochs, seconds } = this.#limits;
    const infinite = Number.POSITIVE_INFINITY;
    const shares = [step / (steps ?? infinite), epoch / (epochs ?? infinite), this.#seconds() / (seconds ?? infinite)];
    return Math.min(1, Math.max(...shares));
  }

  /** The limit that has been reached, if there is one. */
  reached(step: number, epoch: number): 'steps' | 'epochs' | 'time' | undefined {
    const { steps, epochs, seconds } = this.#limits;
    if (steps !== undefined && step >= steps) return 'steps';
    if (epochs !== undefined && epoch >= epochs) return 'epochs';
    if (seconds !== undefined && this.#seconds() >= seconds) return 'time';
    return undefined;
  }

  #seconds(): number {
    return this.#before + (performance.now() - this.#start) / 1000;
  }
}
