import { message, option, UsageError } from '../errors.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { Automaton, DEAD } from './automaton.ts';
import { type Language, type LanguageOptions, languageOf } from './language.ts';
import type { Stops } from './stops.ts';

/** A completion under way: the symbols at its end that may turn out to begin a stop string, and the language's states before them. */
interface Underway {
  readonly pending: readonly number[];
  readonly content: number;
  readonly shape: number;
}

/** Ended by `<stop>` or a stop string; ended by a symbol that would have left the shape. */
const STOPPED = 'stopped';
const LEFT = 'left';

/**
 * What may be generated, symbol by symbol: completions of a language, followed by what ends them. A completion is without its ending,
 * so as long as a stop string may be under way, its symbols belong to the completion or they don't: the automaton here
 * follows both.
 *
 * - A model with a `<stop>` must reach it, or a stop string.
 * - Without `<stop>`, but with stop strings, a completion may also be cut off at its greatest length.
 * - With neither, a completion that is of its shape ends as soon as the model would go on with a symbol that isn't: that
 *   symbol is its ending, and is discarded.
 *
 * Generation that takes only symbols that `allows` permits ends in a completion of the language, always.
 */
export class Constraint {
  readonly start = 0;
  /** The completions with what ends them. */
  readonly automaton: Automaton;
  readonly #left: number;

  constructor({ content, shape }: Language, stops: Stops) {
    const { symbol: stop, strings } = stops;
    const endless = stop === undefined && strings.length === 0;
    const endings = new Set([...strings.flat(), ...(stop === undefined ? [] : [stop])]);
    const run = (from: Underway, symbols: readonly number[]): Underway => ({
      pending: [],
      content: content.run(from.content, symbols),
      shape: shape.run(from.shape, symbols),
    });
    const accepts = (at: Underway): boolean => {
      const whole = run(at, at.pending);
      return content.accepts(whole.content) && shape.accepts(whole.shape);
    };
    const pairs = content.classes.map((own, symbol) => own * shape.width + shape.classes[symbol]!);
    const { automaton, found } = Automaton.walk<Underway | typeof STOPPED | typeof LEFT>({
      start: { pending: [], content: 0, shape: 0 },
      // A symbol of an ending is a class of its own.
      classes: pairs.map((pair, symbol) => (endings.has(symbol) ? content.width * shape.width + symbol : pair)),
      next: (from, symbol) => {
        if (from === STOPPED || from === LEFT) return undefined;
        const read = [...from.pending, symbol];
        const ending = stops.ending(read);
        if (ending > 0) return accepts({ ...from, pending: read.slice(0, -ending) }) ? STOPPED : undefined;
        const settled = read.length - stops.pending(read);
        const at = run(from, read.slice(0, settled));
        if (at.content === DEAD) return undefined;
        if (at.shape === DEAD) return endless && accepts(from) ? LEFT : undefined;
        return { ...at, pending: read.slice(settled) };
      },
      accepts: (at) => at === STOPPED || at === LEFT || (stop === undefined && accepts(at)),
      key: (at) => (typeof at === 'string' ? at : `${at.content} ${at.shape} ${at.pending.join(' ')}`),
    });
    this.automaton = automaton;
    this.#left = found.indexOf(LEFT);
  }

  /** The constraint that options ask for; undefined where they ask for none. UsageError where no completion meets it. */
  static of(options: LanguageOptions, stops: Stops, vocabulary: Vocabulary): Constraint | undefined {
    const language = languageOf(options, vocabulary);
    return language && new Constraint(language, stops);
  }

  /** UsageError where no completion of at most `length` symbols, its ending included, will do. */
  requireWithin(length: number): void {
    const shortest = this.automaton.distance(this.start);
    if (shortest <= length) return;
    throw new UsageError(
      shortest === Number.POSITIVE_INFINITY
        ? 'no completion can meet the constraints: a stop string ends each of them too early; leave one out'
        : message`the shortest completion that meets the constraints has ${shortest} symbols with its end, and ${option('length')} allows ${length}; give a larger ${option('length')}`,
    );
  }

  next(state: number, symbol: number): number {
    return this.automaton.next(state, symbol);
  }

  /** Whether a completion of this state, of which `left` more symbols may come, can still meet the constraint. */
  isPossible(state: number, left: number): boolean {
    return this.automaton.distance(state) <= left;
  }

  /** Whether the completion may end here. */
  isMet(state: number): boolean {
    return this.automaton.accepts(state);
  }

  /** Whether nothing may come next where `left` more symbols may. */
  isOver(state: number, left: number): boolean {
    return this.automaton.onward(state) > left;
  }

  /** Whether the last symbol ended the completion by leaving its shape, and doesn't belong to it. */
  hasLeft(state: number): boolean {
    return state === this.#left && state !== DEAD;
  }

  /** log Σ p of the symbols that end the completion by leaving its shape, from the log-probabilities of all, [V]. */
  logProbabilityOfLeaving(state: number, logs: Float64Array): number {
    let sum = 0;
    for (let id = 0; id < logs.length; id++) if (this.hasLeft(this.next(state, id))) sum += Math.exp(logs[id]!);
    return Math.log(sum);
  }
}
