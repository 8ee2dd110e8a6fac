import type * as node from './machine.node.ts';

export const HOST = 'this browser';

/** A browser doesn't tell. It refuses a memory that it has no room for. */
export const memoryBytes: typeof node.memoryBytes = () => Number.POSITIVE_INFINITY;

/** One: the memory of a page's kernels is not shared. */
export const processors: typeof node.processors = () => 1;
