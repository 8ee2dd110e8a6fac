import type { KernelChoice } from '../kernel/choose.ts';
import type { Checkpoint } from '../nn/checkpoint.ts';
import { Stepper } from '../nn/stepper.ts';

/**
 * Steppers of one model, to be used again: each serves one computation at a time, since several may be in progress. Results do not
 * depend on how many rows a stepper has to spare.
 */
export class Steppers {
  readonly #choice: () => KernelChoice;
  readonly #checkpoint: Checkpoint;
  #free: Stepper[] = [];

  constructor(choice: () => KernelChoice, checkpoint: Checkpoint) {
    this.#choice = choice;
    this.#checkpoint = checkpoint;
  }

  /** A stepper of at least so many rows, which nobody else uses until it is given back. */
  take(rows: number): Stepper {
    const index = this.#free.findIndex((stepper) => stepper.rows >= rows);
    const [found] = index < 0 ? [] : this.#free.splice(index, 1);
    const { model, parameters } = this.#checkpoint;
    return found ?? new Stepper(this.#choice(), model, parameters, rows);
  }

  /** Keeps the stepper in place of the free ones that are no larger. */
  giveBack(stepper: Stepper): void {
    this.#free = [...this.#free.filter(({ rows }) => rows > stepper.rows), stepper];
  }
}
