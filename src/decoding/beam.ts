import type { Stepper } from '../nn/stepper.ts';
import type { Hypothesis } from './hypothesis.ts';
import { Search, type SearchOptions } from './search.ts';

export type { Hypothesis } from './hypothesis.ts';
export type { SearchOptions } from './search.ts';

export interface BeamOptions extends SearchOptions {
  /** Symbols that every hypothesis goes on from, one at least; in lines mode the first is `<stop>`, as at the start of a line. */
  readonly prompt: ArrayLike<number>;
}

/** A search that is in progress. */
interface Place {
  readonly index: number;
  readonly search: Search;
  /** The row of the stepper that is its first; undefined before its first step. */
  readonly row: number | undefined;
}

/**
 * Beam search. At each step every hypothesis is expanded by every symbol. Those that end are saved and not expanded. The search stops
 * at length T at the latest. N decides the rest:
 *
 * - N ≤ k: the k best of all expansions are chosen. Those that end keep their places, so the beam narrows by one with each, and k = 1 is
 *   greedy decoding. The search stops when all k have finished, or when N have finished and none that goes on can come to a better
 *   score than the worst of the N best: at this width, no better one is missed by stopping.
 * - N > k: those that end give up their places, and the k best *remaining* expansions go on. An expansion that ends is saved where it is
 *   better than the last of those. The search stops when N have finished.
 *
 * Returns the N best finished hypotheses, best score first, then, where fewer than N have finished, those cut off at T,
 * likewise. Of equally likely ones the better is the one whose parent ranks higher, then the one with the smaller symbol.
 *
 * Under a constraint, expansions are ranked by log p + log h, where h estimates how likely they are to meet it (`Lookahead`), and only what
 * meets it is finished. Scores are without h.
 *
 * With G groups (diverse beam search, Vijayakumar et al. 2018), each has k/G hypotheses and chooses after the ones before it, by
 * log p − λ · how many of theirs have taken the same symbol at this step; scores are without that, and a text that two
 * groups find is one.
 */
export function beamSearch(stepper: Stepper, options: BeamOptions): readonly Hypothesis[] {
  const [found] = beamSearches(stepper, options, [options.prompt]);
  return found!;
}

/**
 * Searches from many prompts as `beamSearch` does from one, and gives what it finds in their order. The stepper holds as many searches side by side as it has room for, k rows each. What is
 * found for a prompt is the same, to the bit, whatever is beside it. A transducer decodes its source number i for prompt number i.
 */
export function* beamSearches(
  stepper: Stepper,
  options: SearchOptions,
  prompts: Iterable<ArrayLike<number>>,
): Generator<readonly Hypothesis[]> {
  for (const found of beamSteps(stepper, options, prompts)) if (found) yield found;
}

/** The same, with `undefined` after each step of the model, so that the caller may do something else in between. */
export function* beamSteps(
  stepper: Stepper,
  options: SearchOptions,
  prompts: Iterable<ArrayLike<number>>,
): Generator<readonly Hypothesis[] | undefined> {
  const room = Math.floor(stepper.rows / options.width);
  if (room === 0) {
    throw new RangeError(`a beam of width ${options.width} needs a stepper of as many rows, not ${stepper.rows}`);
  }
  const waiting = prompts[Symbol.iterator]();
  const finished = new Map<number, readonly Hypothesis[]>();
  let places: Place[] = [];
  let started = 0;
  let yielded = 0;
  for (;;) {
    while (places.length < room) {
      const prompt = waiting.next();
      if (prompt.done) break;
      places.push({ index: started++, search: new Search(prompt.value, options), row: undefined });
    }
    if (places.length === 0) return;
    places = step(stepper, places);
    for (const { index, search } of places) if (search.isOver) finished.set(index, search.results());
    places = places.filter(({ search }) => !search.isOver);
    for (let next = finished.get(yielded); next; next = finished.get(yielded)) {
      finished.delete(yielded++);
      yield next;
    }
    yield undefined;
  }
}

/** Every search reads its frontier, its rows beside the others', and takes what follows. */
function step(stepper: Stepper, places: readonly Place[]): Place[] {
  const from: number[] = [];
  const symbols: number[] = [];
  const fresh: { readonly row: number; readonly index: number }[] = [];
  const moved = places.map(({ index, search, row }) => {
    const frontier = search.frontier;
    const next = { index, search, row: from.length };
    if (row === undefined) fresh.push(next);
    for (const own of frontier.from) from.push((row ?? 0) + own);
    symbols.push(...frontier.symbols);
    return next;
  });
  stepper.moveStates(from);
  for (const { row, index: source } of fresh) stepper.resetState(row, source);
  stepper.step(symbols);
  for (const { search, row } of moved) search.advance((own) => stepper.logits(row + own));
  return moved;
}
