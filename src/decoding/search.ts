import type { Constraint } from './constraint.ts';
import { byScore, type Hypothesis, lengthScore } from './hypothesis.ts';
import { logSoftmax } from './log-softmax.ts';
import { Lookahead } from './lookahead.ts';
import { BestOfAll, BestRemaining, type Pruning } from './pruning.ts';
import { Repeats } from './repeats.ts';
import { type SearchStep, TRACED_DROPS } from './search-trace.ts';
import type { Stops } from './stops.ts';
import { TopList } from './top-list.ts';

export interface SearchOptions {
  /** k: the number of hypotheses that all groups together keep at each step. */
  readonly width: number;
  /** T: the most symbols of a hypothesis, its end included. */
  readonly length: number;
  /** N: how many finished hypotheses are wanted. It decides when the search ends: see `beamSearch`. */
  readonly finished: number;
  /** α of the score: 1 takes the mean log-probability, 0 the sum. */
  readonly lengthPenalty: number;
  readonly stops: Stops;
  /** G: the number of groups, which avoid each other's symbols. It divides k. 1 if not given. */
  readonly groups?: number | undefined;
  /** λ: the penalty of a symbol, in nats, for each hypothesis of an earlier group that took the same symbol at this step. */
  readonly diversity?: number | undefined;
  /** What a hypothesis must match. The constraint must be made with the same stops, and must be possible within the length. */
  readonly constraint?: Constraint | undefined;
  /** A symbol that no hypothesis goes on with: `<unk>`, unless it is allowed. */
  readonly never?: number | undefined;
  /** n: no sequence of n symbols occurs twice. The prompt counts. */
  readonly noRepeat?: number | undefined;
  /** Called with every step. It does not change what is found. */
  readonly trace?: ((step: SearchStep) => void) | undefined;
}

/** A hypothesis in the search. */
interface Node {
  readonly ids: readonly number[];
  readonly logProbability: number;
  /**
   * The score by which it was chosen: log p minus the diversity penalty of its last symbol and, under a constraint, plus the estimated
   * log-probability that it comes to meet it.
   */
  readonly rank: number;
  /** The row of the beam that has the state before its last symbol: the place of its parent. */
  readonly row: number;
  /** The state of the constraint. */
  readonly state: number;
  /** Whether its last symbol ended it; by leaving the constraint's shape, whether it doesn't have that symbol. */
  readonly end: 'none' | 'stopped' | 'left';
}

const ROOT: Node = { ids: [], logProbability: 0, rank: 0, row: 0, state: 0, end: 'none' };

/** What a search reads next: row r continues from the state of row from[r], and reads symbols[r]. */
export interface Frontier {
  readonly from: readonly number[];
  readonly symbols: readonly number[];
}

/** One beam search, step by step: it says what is to be read, and is given the logits. `beamSearches` tells how it goes. */
export class Search {
  readonly #options: SearchOptions;
  readonly #prompt: readonly number[];
  /** How many symbols were read: those of the prompt, then those of the hypotheses in the beam. */
  #read = 0;
  #length = 0;
  /** The hypotheses of each group that go on. */
  #beam: readonly (readonly Node[])[];
  /** Places that each group has for hypotheses that go on. */
  readonly #places: number[];
  /** N > k: those that have finished give up their places, and the search ends when N have finished. */
  readonly #givesUpPlaces: boolean;
  readonly #finished: TopList<Hypothesis>;
  /** Texts that have been found, where groups may find one twice. */
  readonly #found = new Set<string>();
  #cut: Hypothesis[] = [];
  readonly #lookahead: Lookahead | undefined;
  /** [V] */
  #work = new Float64Array(0);

  constructor(prompt: ArrayLike<number>, options: SearchOptions) {
    this.#options = options;
    this.#prompt = Array.from(prompt);
    this.#finished = new TopList(options.finished, (hypothesis) => hypothesis.score);
    const { width, finished, groups = 1, constraint, length } = options;
    this.#lookahead = constraint && new Lookahead(constraint.automaton, length);
    this.#givesUpPlaces = finished > width;
    this.#beam = Array.from({ length: groups }, () => [ROOT]);
    // The first groups take what doesn't divide evenly.
    this.#places = Array.from({ length: groups }, (_, group) => Math.ceil((width - group) / groups));
  }

  get isOver(): boolean {
    return this.#beam.every((nodes) => nodes.length === 0);
  }

  /** What the search reads next, if it is not over. */
  get frontier(): Frontier {
    if (this.#read < this.#prompt.length) return { from: [0], symbols: [this.#prompt[this.#read]!] };
    const nodes = this.#beam.flat();
    return { from: nodes.map((node) => node.row), symbols: nodes.map((node) => node.ids.at(-1)!) };
  }

  /** Takes the logits [V] of each row of the frontier. */
  advance(logits: (row: number) => Float32Array): void {
    if (this.#read < this.#prompt.length) {
      this.#read++;
      if (this.#read < this.#prompt.length) return;
    }
    this.#expand(logits);
    const { length, finished } = this.#options;
    if (this.#length < length && !this.#isDecided()) return;
    if (this.#finished.items.length < finished) for (const node of this.#beam.flat()) this.#cut.push(this.#judge(node));
    this.#beam = this.#beam.map(() => []);
  }

  /** The N best that have finished; then, where they are fewer, those that were cut off. To be called once. */
  results(): readonly Hypothesis[] {
    if (this.#finished.items.length === this.#options.finished) return this.#finished.items;
    const cut = this.#cut.filter(({ ids }) => this.#isNew(ids)).sort(byScore);
    return [...this.#finished.items, ...cut];
  }

  #expand(logits: (row: number) => Float32Array): void {
    const taken = new Map<number, number>();
    const isFirst = this.#length++ === 0;
    this.#watch(logits, isFirst);
    let row = 0;
    this.#beam = this.#beam.map((nodes, group) => {
      const first = isFirst ? 0 : row;
      row += nodes.length;
      const { kept, saved } = this.#choose(nodes, first, group, logits, taken);
      if (group + 1 < this.#beam.length) countSymbols(taken, [...kept, ...saved]);
      for (const node of saved) this.#save(this.#judge(node));
      if (!this.#givesUpPlaces) this.#places[group]! -= saved.length;
      return kept;
    });
  }

  /** Shows the lookahead every prediction of a step, before any of them is ranked by it. */
  #watch(logits: (row: number) => Float32Array, isFirst: boolean): void {
    if (!this.#lookahead) return;
    for (const [row, node] of (isFirst ? [ROOT] : this.#beam.flat()).entries()) {
      this.#lookahead.see(node.state, this.#logs(node, logits(row)));
    }
  }

  /** Which expansions of a group go on, and which are saved. The first node is row `first` of the frontier. */
  #choose(
    nodes: readonly Node[],
    first: number,
    group: number,
    logits: (row: number) => Float32Array,
    taken: ReadonlyMap<number, number>,
  ): Pick<Pruning<Node>, 'kept' | 'saved'> {
    const { diversity = 0, constraint, trace } = this.#options;
    const lookahead = this.#lookahead;
    const places = this.#places[group]!;
    const best: Pruning<Node> = this.#givesUpPlaces ? new BestRemaining(places) : new BestOfAll(places);
    const traced: Node[] = [];
    for (const [index, node] of nodes.entries()) {
      const row = first + index;
      const logs = this.#logs(node, logits(row));
      const left = this.#options.length - node.ids.length;
      let [possible, leaving] = [0, 0];
      for (let id = 0; id < logs.length; id++) {
        if (logs[id] === Number.NEGATIVE_INFINITY) continue;
        const chance = lookahead ? lookahead.valueAfter(node.state, id, left) : 0;
        if (chance === Number.NEGATIVE_INFINITY) continue;
        possible++;
        if (constraint?.hasLeft(constraint.next(node.state, id))) {
          leaving += Math.exp(logs[id]!);
          continue;
        }
        const logProbability = node.logProbability + logs[id]!;
        const rank = logProbability + chance - (taken.size > 0 ? diversity * (taken.get(id) ?? 0) : 0);
        if (trace || best.takes(rank)) {
          const child = this.#child(node, id, logProbability, rank, row);
          best.offer(child);
          if (trace) traced.push(child);
        }
      }
      if (leaving > 0) {
        const logProbability = node.logProbability + Math.log(leaving);
        const left: Node = { ...node, logProbability, rank: logProbability, row, end: 'left' };
        best.offer(left);
        if (trace) traced.push(left);
      }
      // Only repeated symbols could follow.
      if (possible === 0 && (constraint?.isMet(node.state) ?? true)) this.#cut.push(this.#judge(node));
    }
    const { kept, saved } = best;
    if (trace && nodes.length > 0) trace(this.#traceStep(group, nodes.length, traced, kept, saved));
    return { kept, saved };
  }

  #traceStep(
    group: number,
    expanded: number,
    all: readonly Node[],
    kept: readonly Node[],
    saved: readonly Node[],
  ): SearchStep {
    const chosen = new Set([...kept, ...saved]);
    const dropped = new TopList<Node>(TRACED_DROPS, ({ rank }) => rank);
    for (const node of all) if (!chosen.has(node)) dropped.offer(node);
    const shown = (nodes: readonly Node[]) =>
      nodes.map(({ ids, logProbability, rank }) => ({ ids, logProbability, rank }));
    return {
      length: this.#length,
      group,
      expanded,
      lookedAt: all.length,
      kept: shown(kept),
      saved: shown(saved),
      dropped: shown(dropped.items),
    };
  }

  /** Log-probabilities of what may follow, −Infinity for what may not, whatever the constraint. */
  #logs(node: Node, logits: Float32Array): Float64Array {
    const { noRepeat, stops, never } = this.#options;
    if (this.#work.length < logits.length) this.#work = new Float64Array(logits.length);
    const logs = this.#work;
    logSoftmax(logs, logits);
    if (never !== undefined) logs[never] = Number.NEGATIVE_INFINITY;
    if (noRepeat !== undefined) {
      const repeats = new Repeats({ noRepeat }, stops.symbol);
      for (const id of [...this.#prompt, ...node.ids]) repeats.add(id);
      repeats.adjust(logs);
    }
    return logs;
  }

  #child(parent: Node, id: number, logProbability: number, rank: number, row: number): Node {
    const { constraint, length, stops } = this.#options;
    const ids = [...parent.ids, id];
    const state = constraint?.next(parent.state, id) ?? 0;
    const isComplete = constraint !== undefined && ids.length < length && constraint.isOver(state, length - ids.length);
    return { ids, logProbability, rank, row, state, end: isComplete || stops.ending(ids) > 0 ? 'stopped' : 'none' };
  }

  #judge({ ids, logProbability, end }: Node): Hypothesis {
    const { stops, lengthPenalty } = this.#options;
    const symbols = ids.length + Number(end === 'left');
    const score = lengthScore(logProbability, symbols, lengthPenalty);
    const ending = end === 'stopped' ? stops.ending(ids) : 0;
    return { ids, ending, finished: end !== 'none', symbols, logProbability, score };
  }

  #save(hypothesis: Hypothesis): void {
    if (this.#finished.takes(hypothesis.score) && this.#isNew(hypothesis.ids)) this.#finished.offer(hypothesis);
  }

  /** Whether a text is found for the first time. It then counts as found. */
  #isNew(ids: readonly number[]): boolean {
    if (this.#beam.length === 1) return true;
    const text = ids.join(' ');
    if (this.#found.has(text)) return false;
    this.#found.add(text);
    return true;
  }

  /**
   * Whether N have finished and, where N ≤ k, none that goes on may come to a better score than the worst of the N best. Along a
   * hypothesis Σ log p only falls, so none that it comes to has a score above Σ log p / Tᵅ, at the greatest length T: that is exact
   * for every α ≥ 0.
   */
  #isDecided(): boolean {
    const { finished, length, lengthPenalty } = this.#options;
    const { items } = this.#finished;
    if (items.length < finished) return false;
    if (this.#givesUpPlaces) return true;
    const worst = items.at(-1)!.score;
    return this.#beam.flat().every((node) => lengthScore(node.logProbability, length, lengthPenalty) <= worst);
  }
}

/** Counts the last symbols of expansions, for the groups after theirs. */
function countSymbols(taken: Map<number, number>, expansions: readonly Node[]): void {
  for (const { ids, end } of expansions) {
    if (end !== 'left') taken.set(ids.at(-1)!, (taken.get(ids.at(-1)!) ?? 0) + 1);
  }
}
