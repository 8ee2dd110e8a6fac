import { Random } from '../random.ts';
import type { Chooser } from './choose.ts';
import { Draft, type DraftEnd, type Guide, type SampleOptions } from './draft.ts';
import { Lookahead, logSum } from './lookahead.ts';

/** So many tries are made, and so many symbols drawn, before a text is drawn by looking ahead. */
const TRIES = { drafts: 1000, symbols: 30_000 };

/** So many drafts are drawn by looking ahead, and one of them is taken. */
export const CANDIDATES = 32;

/** How a text ended. */
export interface Outcome extends DraftEnd {
  /**
   * Whether its probability is exactly the model's, given the constraint. It is not where no try met the constraint, so that the text was
   * drawn by looking ahead.
   */
  readonly exact: boolean;
  /** How many drafts were drawn. */
  readonly tries: number;
}

/**
 * Draws one text. Under a constraint its probability is the conditional one, p(text | the text meets the constraint), where p is that of a text
 * drawn without the constraint, with the same filters:
 *
 * - Drafts are drawn without the constraint, and the first that meets it is the text. That is exact. A draft ends as soon as it can't meet
 *   the constraint any more.
 * - Where the constraint is so rare that no try meets it, drafts are drawn by looking ahead: symbol x with the probability q(x) ∝ p(x) h(x),
 *   h being the `Lookahead`. One of them is taken with a probability that is proportional to its weight Π p(x) / q(x): sampling, importance,
 *   resampling (Rubin 1987). That is approximate, the better the more candidates there are.
 * - With temperature 0 a text that does not meet the constraint has no probability; the likeliest p(x) h(x) is taken each time.
 */
export class Drawing {
  readonly index: number;
  readonly #options: SampleOptions;
  readonly #random: Random;
  #draft: Draft;
  /** The text, when it is over. */
  #taken: Draft | undefined;
  #guide: Leader | Watcher | undefined;
  #tries = 0;
  #symbols = 0;
  #candidates = 0;
  /** Σ of the weights of the candidates, as a logarithm, and the end of the one that is taken so far. */
  #total = Number.NEGATIVE_INFINITY;
  #end: DraftEnd | undefined;

  constructor(index: number, options: SampleOptions) {
    this.index = index;
    this.#options = options;
    this.#random = new Random(`${options.seed}/${index}`);
    const { constraint, length } = options;
    if (constraint) this.#guide = new Watcher(new Lookahead(constraint.automaton, length));
    this.#draft = this.#begin();
  }

  /** The symbols drawn, less those taken; when the text is over, without what ended it. */
  get ids(): readonly number[] {
    return (this.#taken ?? this.#draft).ids;
  }

  /** Σ log p in nats of all that was drawn, its end included, by the model as it is (temperature 1, nothing filtered). */
  get logProbability(): number {
    return (this.#taken ?? this.#draft).logProbability;
  }

  /**
   * Draws the next symbol; gives the outcome when the text is over with it, and `'again'` where the text starts again, after the prompt.
   */
  extend(logits: Float32Array, chooser: Chooser): Outcome | 'again' | undefined {
    const end = this.#draft.extend(logits, chooser);
    const guide = this.#guide;
    if (guide instanceof Leader) guide.follow(this.#draft);
    if (!end) return undefined;
    this.#tries++;
    this.#symbols += this.#draft.drawn;
    if (guide instanceof Leader) {
      this.#consider(end, guide.logWeight);
      if (++this.#candidates === this.#wanted) return this.#outcome(this.#end ?? end, false);
    } else if (!guide || end.met) return this.#outcome(end, true);
    this.#draft = this.#begin();
    return 'again';
  }

  /** Takes away and returns the symbols that can no longer belong to the text's ending. Not under a constraint: a draft may be dropped. */
  take(): number[] {
    return this.#draft.take();
  }

  get #wanted(): number {
    return this.#options.temperature === 0 ? 1 : CANDIDATES;
  }

  /** A new draft: one by looking ahead where there have been too many others. */
  #begin(): Draft {
    const guide = this.#guide;
    const { temperature, tries = TRIES.drafts } = this.#options;
    const limit = temperature === 0 ? Math.min(1, tries) : tries;
    if (guide && (this.#tries >= limit || this.#symbols >= TRIES.symbols)) this.#guide = new Leader(guide.lookahead);
    return new Draft(this.#options, this.#random, this.#guide);
  }

  /** Takes a candidate in place of those before with a probability of its weight's share. */
  #consider(end: DraftEnd, logWeight: number): void {
    if (!end.met || logWeight === Number.NEGATIVE_INFINITY) return;
    this.#total = logSum(Float64Array.of(this.#total, logWeight));
    if (this.#random.next() >= Math.exp(logWeight - this.#total)) return;
    this.#taken = this.#draft;
    this.#end = end;
  }

  #outcome(end: DraftEnd, exact: boolean): Outcome {
    return { ...end, exact, tries: this.#tries };
  }
}

/** Shows the lookahead what comes next, and lets it come as it will. */
class Watcher implements Guide {
  readonly lookahead: Lookahead;

  constructor(lookahead: Lookahead) {
    this.lookahead = lookahead;
  }

  weigh(weights: Float64Array, state: number): void {
    this.lookahead.see(state, weights);
  }
}

/** Leads a draft by looking ahead, and weighs it: the logarithm of Π p(x) / q(x). */
class Leader implements Guide {
  readonly lookahead: Lookahead;
  #logWeight = 0;
  #drawn = 0;
  /** log Σ p(x) h(x) of the next symbol, and log Σ p(x) of those that may come, where the filters took them all away. */
  #next = 0;
  #narrowed = 0;

  constructor(lookahead: Lookahead) {
    this.lookahead = lookahead;
  }

  get logWeight(): number {
    return this.#logWeight;
  }

  weigh(weights: Float64Array, state: number, left: number): void {
    const { lookahead } = this;
    if (this.#narrowed === 0) lookahead.see(state, weights);
    const before = logSum(weights);
    for (let id = 0; id < weights.length; id++) weights[id]! += lookahead.valueAfter(state, id, left);
    this.#next = logSum(weights) - before;
  }

  narrow(logProbability: number): void {
    this.#narrowed = logProbability;
  }

  /** p(x) / q(x) = Σ p h / h(x), after x was drawn. */
  follow({ drawn, state, left }: Draft): void {
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#logWeight += this.#narrowed + this.#next - this.lookahead.value(state, left);
    this.#narrowed = 0;
  }
}
