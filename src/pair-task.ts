/** What the targets of pairs are: a sequence of its own, a label for each symbol of the source, or one label for the source. */
export const PAIR_TASKS = ['transduce', 'tag', 'classify'] as const;
export type PairTask = (typeof PAIR_TASKS)[number];
