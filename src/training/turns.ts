import { nextTurn } from '#host/turn';

/** The longest that signals and timers of the process wait, as long as steps are shorter. */
const TURN_MS = 50;

/** Gives the rest of the process its turn while a loop of awaited steps runs, which alone would never let signals and timers in. */
export class Turn {
  #since = performance.now();

  /** To be awaited after each step. */
  async pass(): Promise<void> {
    if (performance.now() - this.#since <= TURN_MS) return;
    await nextTurn();
    this.#since = performance.now();
  }
}
