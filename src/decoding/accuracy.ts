import { editDistance } from './edit-distance.ts';

type Symbols = ArrayLike<unknown>;

/** What a model predicts for a source, and the targets that are right. There is one at least. */
export interface Prediction {
  readonly predicted: Symbols;
  readonly targets: readonly Symbols[];
}

/** How many sequences are right. */
export interface SequenceAccuracy {
  /** Sources. */
  readonly count: number;
  /** Those whose prediction is one of the targets, symbol for symbol. */
  readonly hits: number;
  /** hits / count, which is 1 − the word error rate (WER). */
  readonly accuracy: number;
  /** Σ edit distance / Σ length of the target. Of several targets, the one with the least distance counts, and of equal ones the first. */
  readonly symbolErrorRate: number;
}

/** The accuracy of predicted sequences. Rates of nothing are NaN. */
export function sequenceAccuracy(predictions: Iterable<Prediction>): SequenceAccuracy {
  let [count, hits, errors, symbols] = [0, 0, 0, 0];
  for (const { predicted, targets } of predictions) {
    const { distance, length } = nearest(predicted, targets);
    count++;
    if (distance === 0) hits++;
    errors += distance;
    symbols += length;
  }
  return { count, hits, accuracy: hits / count, symbolErrorRate: errors / symbols };
}

function nearest(predicted: Symbols, targets: readonly Symbols[]): { distance: number; length: number } {
  let best = { distance: Number.POSITIVE_INFINITY, length: 0 };
  for (const target of targets) {
    const distance = editDistance(predicted, target);
    if (distance < best.distance) best = { distance, length: target.length };
  }
  return best;
}

/** How many tags are right. */
export interface TagAccuracy {
  readonly steps: number;
  readonly stepHits: number;
  readonly sequences: number;
  /** Sequences whose tags are all right. */
  readonly sequenceHits: number;
  /** stepHits / steps and sequenceHits / sequences. */
  readonly byStep: number;
  readonly bySequence: number;
}

/** The accuracy of sequences of tags, each as long as its target. Rates of nothing are NaN. */
export function tagAccuracy(
  sequences: Iterable<{ readonly predicted: Symbols; readonly target: Symbols }>,
): TagAccuracy {
  let [steps, stepHits, count, sequenceHits] = [0, 0, 0, 0];
  for (const { predicted, target } of sequences) {
    let right = 0;
    for (let step = 0; step < target.length; step++) if (predicted[step] === target[step]) right++;
    steps += target.length;
    stepHits += right;
    count++;
    if (right === target.length) sequenceHits++;
  }
  const rates = { byStep: stepHits / steps, bySequence: sequenceHits / count };
  return { steps, stepHits, sequences: count, sequenceHits, ...rates };
}

/** Pairs with equal sources as one, with all their targets: `keyOf` tells which sources are equal. In the order in which sources first come. */
export function groupTargets<S, T>(
  pairs: Iterable<{ readonly source: S; readonly target: T }>,
  keyOf: (source: S) => unknown,
): { readonly source: S; readonly targets: readonly T[] }[] {
  const groups = new Map<unknown, { readonly source: S; readonly targets: T[] }>();
  for (const { source, target } of pairs) {
    const key = keyOf(source);
    const group = groups.get(key);
    if (group) group.targets.push(target);
    else groups.set(key, { source, targets: [target] });
  }
  return [...groups.values()];
}
