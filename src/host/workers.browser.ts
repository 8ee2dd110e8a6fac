import type * as node from './workers.node.ts';

/** There are none: the memory of a page's kernels is not shared. A page that trains does so in one worker of its own. */
export const startWorker: typeof node.startWorker = (file) => {
  throw new Error(`a page starts no threads, and ${file} not either`);
};

export const compiledUrl: typeof node.compiledUrl = (file) => file;
