import { EXIT } from '../errors.ts';

/** Signals that ask a program to end, and its exit status then: 128 and the signal's number, as shells have it. */
export const SIGNAL_STATUS = { SIGINT: EXIT.interrupted, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof SIGNAL_STATUS;

/** Signals that ask a run to end. */
export interface Interruption {
  readonly signal: AbortSignal;
  status(): number;
  close(): void;
}

/** The first signal aborts, for the run to end after the step under way; a second one ends the program at once. */
export function listen(stopping: () => void): Interruption {
  const controller = new AbortController();
  let received: Signal | undefined;
  const signals = Object.keys(SIGNAL_STATUS) as Signal[];
  const onSignal = (signal: Signal): void => {
    if (received) process.exit(SIGNAL_STATUS[signal]);
    received = signal;
    controller.abort();
    stopping();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    status: () => (received ? SIGNAL_STATUS[received] : EXIT.done),
    close: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
