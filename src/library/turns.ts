import { nextTurn } from '#host/turn';

/** The longest that a computation holds the event loop, in milliseconds. */
const TURN_MS = 20;

/**
 * Shares the event loop in a long computation: `if (turns.isOver) await turns.next()` after each step lets timers, signals and
 * input of the program have their turn.
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
