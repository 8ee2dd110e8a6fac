import { nextTurn } from '#host/turn';

/** The longest that the rest of the program waits, in milliseconds, where steps are shorter. */
const TURN_MS = 20;

/**
 * Shares the event loop in a long computation: `if (turns.isOver) await turns.next()` after each step lets timers, signals and input of the
 * program have their turn. A loop of steps that are awaited needs it, too, because promises alone never let them in.
 */
export class Turns {
  #end = performance.now() + TURN_MS;

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.#end = performance.now() + TURN_MS;
  }
}
