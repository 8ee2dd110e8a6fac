import { nextTurn } from '../host/turn.browser.ts';

/** A window that can't be seen gets no frames: it goes on without one after so many milliseconds. */
const HIDDEN_MS = 100;

/** Resolves after a frame: what was changed before has then been laid out and painted, and what comes now has a task of its own. */
export async function nextFrame(): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, HIDDEN_MS);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  await nextTurn();
}
