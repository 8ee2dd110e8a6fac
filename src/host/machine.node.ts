import { availableParallelism, totalmem } from 'node:os';

/** What runs the program, as messages name it. */
export const HOST = `Node ${process.version}`;

/** Bytes of memory that the machine, or its container, has: a plan that needs more is refused. */
export function memoryBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory?.() || Number.POSITIVE_INFINITY);
}

/** Threads that can run at the same time. */
export function processors(): number {
  return availableParallelism();
}
