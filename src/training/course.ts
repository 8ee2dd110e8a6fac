import type { Limits } from './recipe.ts';

/** How far a run is towards the nearest of its limits. Time counts from when this is made, and what went before it. */
export class Course {
  readonly #limits: Limits;
  readonly #start = performance.now();
  /** Seconds of the run before it was resumed. */
  #before = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Seconds of the run so far, where a limit counts them: a checkpoint of any other run holds no time. */
  get seconds(): number | undefined {
    return this.#limits.seconds === undefined ? undefined : this.#seconds();
  }

  /** Goes on from where `seconds` was taken. */
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

  /** The limit that is reached, if any is. */
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
