import { Random } from '../random.ts';
import { DEAD } from './automaton.ts';
import { Chooser } from './choose.ts';
import type { FilterOptions } from './filters.ts';
import { type Hypothesis, lengthScore } from './hypothesis.ts';
import type { Language } from './language.ts';
import { logSoftmax } from './log-softmax.ts';
import type { Sample } from './sample.ts';
import { TopList } from './top-list.ts';

/** The first labels of a sequence, as a list from its end. */
interface Path {
  readonly before: Path | undefined;
  readonly label: number;
  readonly logProbability: number;
}

/** Which sequences of labels are wanted. */
export interface RankOptions {
  /** How many. */
  readonly count: number;
  /** α of the score (1/Tᵅ) Σ log p: 1 if not given. */
  readonly lengthPenalty?: number | undefined;
  /** What a sequence must be like. */
  readonly language?: Language | undefined;
}

/**
 * The likeliest sequences of labels of a source, the best first, given the logits of its T positions: [T][V] (`PairReader.labelLogits`). For a
 * classifier this ranks the labels. The labels of a tagger are independent of each other given the source, so the probability of a sequence is a
 * product, and the ranking is exact: the k best sequences of t + 1 labels go on from the k best of t labels. Under a constraint, the k best are
 * kept for each state of its automaton.
 */
export function rankLabels(logits: readonly Float32Array[], options: RankOptions): Hypothesis[] {
  const { count, lengthPenalty = 1, language } = options;
  const automaton = language?.content.and(language.shape);
  const next = (state: number, label: number): number => (automaton ? automaton.next(state, label) : state);
  let paths = new Map<number, readonly Path[]>([[0, [{ before: undefined, label: -1, logProbability: 0 }]]]);
  for (const position of logits) paths = extend(paths, position, count, next);
  const best = bestPaths(count);
  for (const [state, ends] of paths) if (automaton?.accepts(state) ?? true) for (const path of ends) best.offer(path);
  return best.items.map((path) => {
    const ids = labelsOf(path);
    const { logProbability } = path;
    const score = lengthScore(logProbability, ids.length, lengthPenalty);
    return { ids, ending: 0, finished: true, symbols: ids.length, logProbability, score };
  });
}

/** Draws a sequence of labels, each by itself. With the seed, the index decides every draw. */
export function sampleLabels(
  logits: readonly Float32Array[],
  options: FilterOptions & { readonly seed: string | number },
  index: number,
): Sample {
  const random = new Random(`${options.seed}/${index}`);
  const chooser = new Chooser(logits[0]?.length ?? 0, options);
  const choices = logits.map((position) => chooser.choose(position, random)!);
  const logProbability = choices.reduce((sum, choice) => sum + choice.logProbability, 0);
  return { index, ids: choices.map(({ id }) => id), logProbability, stopped: true, met: true, exact: true, tries: 1 };
}

/** The `count` best paths to each state with one label more. */
function extend(
  paths: ReadonlyMap<number, readonly Path[]>,
  logits: Float32Array,
  count: number,
  next: (state: number, label: number) => number,
): Map<number, readonly Path[]> {
  const logs = new Float64Array(logits.length);
  logSoftmax(logs, logits);
  const labels = [...logs.keys()].sort((a, b) => logs[b]! - logs[a]! || a - b);
  const found = new Map<number, TopList<Path>>();
  for (const [state, starts] of paths) {
    for (const [to, own] of groupBy(labels, (label) => next(state, label))) {
      if (to === DEAD) continue;
      const best = found.get(to) ?? bestPaths(count);
      found.set(to, best);
      for (const [rank, before] of starts.entries()) {
        // A path and a label are no better than those that come before both: only the first `count` pairs can be among the best.
        for (const label of own.slice(0, Math.floor(count / (rank + 1)))) {
          const logProbability = before.logProbability + logs[label]!;
          if (!best.takes(logProbability)) break;
          best.offer({ before, label, logProbability });
        }
      }
    }
  }
  return new Map([...found].map(([state, { items }]) => [state, items]));
}

function bestPaths(count: number): TopList<Path> {
  return new TopList<Path>(count, ({ logProbability }) => logProbability);
}

function groupBy(labels: readonly number[], groupOf: (label: number) => number): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const label of labels) {
    const group = groups.get(groupOf(label));
    if (group) group.push(label);
    else groups.set(groupOf(label), [label]);
  }
  return groups;
}

function labelsOf(path: Path): number[] {
  const labels: number[] = [];
  for (let at = path; at.before; at = at.before) labels.push(at.label);
  return labels.reverse();
}
