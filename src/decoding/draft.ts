import type { Random } from '../random.ts';
import type { Adjustment, Chooser } from './choose.ts';
import type { Constraint } from './constraint.ts';
import type { FilterOptions } from './filters.ts';
import { type RepeatOptions, Repeats, restrictsRepeats } from './repeats.ts';
import type { Stops } from './stops.ts';

export interface SampleOptions extends FilterOptions, RepeatOptions {
  /** Symbols that each text goes on from, one at least; in lines mode the first is `<stop>`, as at the start of a line. */
  readonly prompt: ArrayLike<number>;
  /** The most symbols to draw for a text, its end included. */
  readonly length: number;
  readonly stops: Stops;
  /** What a text must be like. The constraint must be made with the same stops, and be possible within the length. */
  readonly constraint?: Constraint | undefined;
  /** How many drafts are drawn as if there were no constraint, before a text is drawn by looking ahead. */
  readonly tries?: number | undefined;
  /** A symbol that is never drawn: `<unk>`, unless it is allowed. */
  readonly never?: number | undefined;
  readonly seed: string | number;
}

/** How a draft ended. */
export interface DraftEnd {
  /** Whether it ended by itself rather than at the length. */
  readonly stopped: boolean;
  /** Whether it meets the constraint. */
  readonly met: boolean;
}

/** What leads a draft to meet its constraint. Where there is none, a draft ends as soon as it can't meet it any more. */
export interface Guide {
  /** Weighs what may come next, in place. */
  weigh(weights: Float64Array, state: number, left: number): void;
  /** Is told log Σ p of what may come next, where the filters took away all of that, and only that is filtered. */
  narrow?(logProbability: number): void;
}

/** A text in the making: one try at it. */
export class Draft {
  /** The symbols drawn, less those taken; when the draft is over, without what ended it. */
  readonly ids: number[] = [];
  readonly #options: SampleOptions;
  readonly #random: Random;
  readonly #guide: Guide | undefined;
  readonly #repeats: Repeats | undefined;
  readonly #adjust: Adjustment | undefined;
  #state = 0;
  #drawn = 0;
  #logProbability = 0;

  constructor(options: SampleOptions, random: Random, guide?: Guide) {
    const { prompt, stops, never } = options;
    this.#options = options;
    this.#random = random;
    this.#guide = guide;
    if (restrictsRepeats(options)) {
      this.#repeats = new Repeats(options, stops.symbol);
      for (let at = 0; at < prompt.length; at++) this.#repeats.add(prompt[at]!);
    }
    if (this.#repeats || never !== undefined) this.#adjust = (logs) => this.#hold(logs);
  }

  /** Σ log p in nats of all that was drawn, its end included, by the model as it is (temperature 1, nothing filtered). */
  get logProbability(): number {
    return this.#logProbability;
  }

  /** The state of the constraint. */
  get state(): number {
    return this.#state;
  }

  /** How many symbols were drawn, and how many more may be. */
  get drawn(): number {
    return this.#drawn;
  }

  get left(): number {
    return this.#options.length - this.#drawn;
  }

  /** Draws the next symbol; says how the draft ended when it is over with it. */
  extend(logits: Float32Array, chooser: Chooser): DraftEnd | undefined {
    const { constraint, stops } = this.#options;
    const choice = this.#choose(logits, chooser);
    if (!choice) return { stopped: false, met: constraint?.isMet(this.#state) ?? true };
    const { id } = choice;
    const before = this.#state;
    this.#drawn++;
    if (constraint) {
      this.#state = constraint.next(before, id);
      if (constraint.hasLeft(this.#state)) {
        this.#logProbability += constraint.logProbabilityOfLeaving(before, chooser.logs);
        return { stopped: true, met: true };
      }
    }
    this.ids.push(id);
    this.#logProbability += choice.logProbability;
    if (constraint && !constraint.isPossible(this.#state, this.left)) return { stopped: false, met: false };
    this.#repeats?.add(id);
    const ending = stops.ending(this.ids);
    if (ending > 0) {
      this.ids.length -= ending;
      return { stopped: true, met: true };
    }
    if (this.left === 0) return { stopped: false, met: true };
    return constraint?.isOver(this.#state, this.left) ? { stopped: true, met: true } : undefined;
  }

  /** Takes away and returns the symbols that can no longer belong to the text's ending. */
  take(): number[] {
    return this.ids.splice(0, this.ids.length - this.#options.stops.pending(this.ids));
  }

  #choose(logits: Float32Array, chooser: Chooser) {
    const guide = this.#guide;
    if (!guide) return chooser.choose(logits, this.#random, this.#adjust);
    const weigh = (weights: Float64Array) => guide.weigh(weights, this.#state, this.left);
    const choice = chooser.choose(logits, this.#random, this.#adjust, weigh);
    if (choice || !guide.narrow) return choice;
    return chooser.choose(logits, this.#random, (logs) => guide.narrow?.(this.#narrow(logs)), weigh);
  }

  /** Holds back what may not come next, whatever the constraint. */
  #hold(logs: Float64Array): void {
    const { never } = this.#options;
    this.#repeats?.adjust(logs);
    if (never !== undefined) logs[never] = Number.NEGATIVE_INFINITY;
  }

  /** Holds back what the constraint does not allow, too. Returns log Σ p of the rest. */
  #narrow(logs: Float64Array): number {
    const { constraint } = this.#options;
    this.#hold(logs);
    let sum = 0;
    for (let id = 0; id < logs.length; id++) {
      if (constraint?.isPossible(constraint.next(this.#state, id), this.left - 1)) sum += Math.exp(logs[id]!);
      else logs[id] = Number.NEGATIVE_INFINITY;
    }
    return Math.log(sum);
  }
}
