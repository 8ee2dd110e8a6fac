import { availableParallelism, totalmem } from 'node:os';

/** What runs the program, as messages name it. */
export const HOST = `Node ${process.version}`;

/** The environment variable that makes every memory's kernels checked ones. The tests set it. */
const CHECK = 'RNN_CHECK_KERNELS';

/** Bytes of memory that the machine, or its container, has: a plan that needs more is refused. */
export function memoryBytes(): number {
  return Math.min(totalmem(), process.constrainedMemory?.() || Number.POSITIVE_INFINITY);
}

/** Threads that can run at the same time. */
export function processors(): number {
  return availableParallelism();
}

/** Whether each call of a kernel is checked against its contract. */
export function checksKernels(): boolean {
  return Boolean(process.env[CHECK]);
}
