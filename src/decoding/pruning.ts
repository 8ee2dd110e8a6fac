import { TopList } from './top-list.ts';

/** An expansion of a hypothesis, as far as choosing goes. */
export interface Candidate {
  readonly rank: number;
  readonly end: 'none' | 'stopped' | 'left';
}

/** The pruning of a beam search's step: which expansions go on, and which are saved because they have ended. The others are dropped. */
export interface Pruning<C extends Candidate> {
  /** Whether an expansion of this rank could still be chosen. */
  takes(rank: number): boolean;
  /** Expansions are offered in their order: of equal ones, the one offered first is the better. */
  offer(candidate: C): void;
  /** Those that go on, best first. */
  readonly kept: readonly C[];
  /** Those that have ended and are saved, best first. */
  readonly saved: readonly C[];
}

/** The `places` best of all expansions are chosen. Those among them that have ended are saved; only the others go on. */
export class BestOfAll<C extends Candidate> implements Pruning<C> {
  readonly #best: TopList<C>;

  constructor(places: number) {
    this.#best = new TopList<C>(places, ({ rank }) => rank);
  }

  takes(rank: number): boolean {
    return this.#best.takes(rank);
  }

  offer(candidate: C): void {
    this.#best.offer(candidate);
  }

  get kept(): readonly C[] {
    return this.#best.items.filter(({ end }) => end === 'none');
  }

  get saved(): readonly C[] {
    return this.#best.items.filter(({ end }) => end !== 'none');
  }
}

/**
 * The expansions are gone through, best first, until `places` have been found that go on. Those that have ended are saved on the way, so they take no
 * place: the `places` best *remaining* ones go on.
 */
export class BestRemaining<C extends Candidate> implements Pruning<C> {
  readonly #places: number;
  readonly #kept: TopList<Offered<C>>;
  readonly #ended: Offered<C>[] = [];
  #offered = 0;

  constructor(places: number) {
    this.#places = places;
    this.#kept = new TopList<Offered<C>>(places, ({ candidate }) => candidate.rank);
  }

  takes(rank: number): boolean {
    return this.#kept.takes(rank);
  }

  offer(candidate: C): void {
    const offered = { candidate, order: this.#offered++ };
    if (candidate.end === 'none') this.#kept.offer(offered);
    else if (this.takes(candidate.rank)) this.#ended.push(offered);
  }

  get kept(): readonly C[] {
    return this.#kept.items.map(({ candidate }) => candidate);
  }

  get saved(): readonly C[] {
    const { items } = this.#kept;
    const last = items.length === this.#places ? items.at(-1) : undefined;
    const reached = last ? this.#ended.filter((each) => compare(each, last) < 0) : this.#ended;
    return reached.toSorted(compare).map(({ candidate }) => candidate);
  }
}

interface Offered<C> {
  readonly candidate: C;
  readonly order: number;
}

/** Better ones first. */
function compare<C extends Candidate>(a: Offered<C>, b: Offered<C>): number {
  return b.candidate.rank - a.candidate.rank || a.order - b.order;
}
