import type { Stepper } from '../nn/stepper.ts';
import { readPrompt } from './prompt.ts';
import { lengthScore, logSoftmax } from './score.ts';
import type { Stops } from './stops.ts';
import { TopList } from './top-list.ts';

export interface BeamOptions {
  /** Symbols that every hypothesis goes on from, one at least; in lines mode the first is `<stop>`, as at the start of a line. */
  readonly prompt: ArrayLike<number>;
  /** k: hypotheses kept at each step. The stepper must have as many rows. */
  readonly width: number;
  /** T: the most symbols of a hypothesis, its end included. */
  readonly length: number;
  /** N: the search stops when so many hypotheses have ended by themselves. */
  readonly finished: number;
  /** α of the score: 1 takes the mean log-probability, 0 the sum. */
  readonly lengthPenalty: number;
  readonly stops: Stops;
}

/** A completion, and what the model thinks of it. */
export interface Hypothesis {
  /** Its symbols, those that end it included. */
  readonly ids: readonly number[];
  /** How many symbols at the end of `ids` end it; 0 where it was cut off at T. */
  readonly ending: number;
  /** Σ log p in nats. */
  readonly logProbability: number;
  /** (1 / Tᵅ) Σ log p. */
  readonly score: number;
}

/** A hypothesis in the search. */
interface Node {
  readonly ids: readonly number[];
  readonly logProbability: number;
  /** Its parent's place in the beam: the row that holds the state before its last symbol. */
  readonly row: number;
}

/** The empty hypothesis, in row 0, which has read the prompt. */
const ROOT: Node = { ids: [], logProbability: 0, row: 0 };

/**
 * Beam search. At each step every hypothesis is expanded by every symbol. Of the k best of all, those that end are saved and not
 * expanded; the k best of those that don't end are the next beam. The search stops at length T, after N finished
 * hypotheses, or when none is left to expand.
 *
 * Returns the finished hypotheses, best score first, then, where fewer than N have finished, those cut off at T,
 * likewise. k = N = 1 is greedy decoding. Of equally likely ones the better is the one whose parent ranks higher, then
 * the one with the smaller symbol.
 */
export function beamSearch(stepper: Stepper, options: BeamOptions): Hypothesis[] {
  if (stepper.rows < options.width) {
    throw new RangeError(`a beam of width ${options.width} needs a stepper of as many rows, not ${stepper.rows}`);
  }
  const prompt = readPrompt(stepper, options.prompt);
  const finished: Hypothesis[] = [];
  let beam: readonly Node[] = [ROOT];
  let logits = (_row: number): Float32Array => prompt.logits;
  for (let step = 0; step < options.length && finished.length < options.finished; step++) {
    if (step > 0) {
      stepper.moveStates(beam.map((node) => node.row));
      stepper.step(beam.map((node) => node.ids.at(-1)!));
      logits = (row) => stepper.logits(row);
    }
    const { ended, going } = expand(beam, logits, options);
    finished.push(...ended.map((node) => judge(node, options)));
    beam = going;
    if (beam.length === 0) break;
  }
  const cut = finished.length < options.finished ? beam.map((node) => judge(node, options)) : [];
  return [...finished.sort(byScore), ...cut.sort(byScore)];
}

/** The next beam, and those that end among the k best of all. */
function expand(
  beam: readonly Node[],
  logits: (row: number) => Float32Array,
  { width, stops }: BeamOptions,
): { ended: readonly Node[]; going: readonly Node[] } {
  const all = new TopList<Node>(width, (node) => node.logProbability);
  const going = new TopList<Node>(width, (node) => node.logProbability);
  const logs = new Float64Array(logits(0).length);
  for (const [row, { ids, logProbability }] of beam.entries()) {
    logSoftmax(logs, logits(row));
    for (let id = 0; id < logs.length; id++) {
      const rank = logProbability + logs[id]!;
      if (!going.takes(rank) && !all.takes(rank)) continue;
      const node = { ids: [...ids, id], logProbability: rank, row };
      all.offer(node);
      if (!isOver(node, stops)) going.offer(node);
    }
  }
  return { ended: all.items.filter((node) => isOver(node, stops)), going: going.items };
}

function isOver({ ids }: Node, stops: Stops): boolean {
  return stops.ending(ids) > 0;
}

function judge({ ids, logProbability }: Node, { stops, lengthPenalty }: BeamOptions): Hypothesis {
  const score = lengthScore(logProbability, ids.length, lengthPenalty);
  return { ids, ending: stops.ending(ids), logProbability, score };
}

function byScore(a: Hypothesis, b: Hypothesis): number {
  return b.score - a.score;
}
