import { grouped } from '../counts.ts';
import { UserError } from '../errors.ts';
import { Random } from '../random.ts';
import type { PairCorpus } from './pairs.ts';
import { HELD_OUT } from './parts.ts';

/** Some pairs of a corpus, by their numbers, in ascending order. */
export interface PairPart {
  readonly mode: 'pairs';
  readonly corpus: PairCorpus;
  readonly pairs: Uint32Array;
  /** Predictions that they have: every target symbol, and for a transducer every `<stop>`. */
  readonly targets: number;
}

export interface PairSplit {
  readonly train: PairPart;
  readonly validation: PairPart;
  readonly test: PairPart;
  readonly notes: readonly string[];
}

/** A part that is held out: a fraction below 1 or a number of pairs, or a corpus of its own. */
export type HeldOut = number | PairCorpus;

/**
 * Parts pairs for training, validation and testing. Fractions and numbers are drawn by the seed; pairs with the same source always go to the same
 * part, so that no source is measured that was trained on. A corpus of its own is taken whole.
 */
export function splitPairs(
  corpus: PairCorpus,
  { validation = 0, test = 0, seed = 0 }: { validation?: HeldOut; test?: HeldOut; seed?: string | number },
): PairSplit {
  const wanted = [validation, test].map((part) => (typeof part === 'number' ? countOf(part, corpus.count) : 0)) as [
    number,
    number,
  ];
  if (wanted[0] + wanted[1] >= corpus.count) {
    throw new UserError(`validation and test leave nothing to train on of ${corpus.count} pairs; ask for less`);
  }
  const groups = groupsBySource(corpus);
  if (wanted[0] + wanted[1] > 0) new Random(`${seed}/split`).shuffle(groups);
  const taken: [number[], number[]] = [[], []];
  let next = 0;
  for (const [index, part] of taken.entries()) {
    while (part.length < wanted[index]! && next < groups.length - 1)
      for (const pair of groups[next++]!) part.push(pair);
  }
  const rest = groups.slice(next).flat();
  const partOf = (held: HeldOut, pairs: readonly number[]) =>
    typeof held === 'number' ? pairPart(corpus, pairs) : wholePairs(held);
  const asked = { validation, test };
  const parts = { validation: partOf(validation, taken[0]), test: partOf(test, taken[1]) };
  const count = corpus.count === 1 ? 'one pair is' : `${grouped(corpus.count)} pairs are`;
  const notes = HELD_OUT.filter((name) => asked[name] !== 0 && parts[name].pairs.length === 0).map(
    (name) => `${count} too few for a ${name} part`,
  );
  return { train: pairPart(corpus, rest), ...parts, notes };
}

/** All pairs as one part. */
export function wholePairs(corpus: PairCorpus): PairPart {
  return pairPart(
    corpus,
    Array.from({ length: corpus.count }, (_, pair) => pair),
  );
}

/** The number of targets of a pair, with the `<stop>` that a transducer predicts. */
export function targetLength({ target, task }: PairCorpus, pair: number): number {
  return target.starts[pair + 1]! - target.starts[pair]! + (task === 'transduce' ? 1 : 0);
}

export function sourceLength({ source }: PairCorpus, pair: number): number {
  return source.starts[pair + 1]! - source.starts[pair]!;
}

function pairPart(corpus: PairCorpus, pairs: readonly number[]): PairPart {
  const sorted = Uint32Array.from(pairs).sort();
  const targets = sorted.reduce((sum, pair) => sum + targetLength(corpus, pair), 0);
  return { mode: 'pairs', corpus, pairs: sorted, targets };
}

function countOf(part: number, count: number): number {
  return part < 1 ? Math.round(part * count) : part;
}

/** The numbers of the pairs, those of one source together, in the order in which sources first appear. */
function groupsBySource({ source, count }: PairCorpus): number[][] {
  const groups = new Map<string, number[]>();
  for (let pair = 0; pair < count; pair++) {
    const key = source.ids.subarray(source.starts[pair], source.starts[pair + 1]).join(' ');
    const group = groups.get(key);
    if (group) group.push(pair);
    else groups.set(key, [pair]);
  }
  return [...groups.values()];
}
