/** Lets timers, input and output of the program have their turn: resolves when the event loop has gone round. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
