import { Random } from '../random.ts';
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
  /** A symbol that is never drawn: `<unk>`, unless it is allowed. */
  readonly never?: number | undefined;
  readonly seed: string | number;
}

/** How a text ended. */
export interface Outcome {
  /** Whether it ended by itself rather than at the length. */
  readonly stopped: boolean;
  /** Whether it meets the constraint. It may not where only symbols that `noRepeat` forbids could come next. */
  readonly met: boolean;
}

/** A text in the making. */
export class Draft {
  readonly index: number;
  /** The symbols drawn, less those taken; when the text is over, without what ended it. */
  readonly ids: number[] = [];
  readonly #options: SampleOptions;
  readonly #random: Random;
  readonly #repeats: Repeats | undefined;
  readonly #adjust: Adjustment | undefined;
  #state = 0;
  #drawn = 0;
  #logProbability = 0;

  constructor(index: number, options: SampleOptions) {
    const { constraint, prompt, stops, never, seed } = options;
    this.index = index;
    this.#options = options;
    this.#random = new Random(`${seed}/${index}`);
    if (restrictsRepeats(options)) {
      this.#repeats = new Repeats(options, stops.symbol);
      for (let at = 0; at < prompt.length; at++) this.#repeats.add(prompt[at]!);
    }
    if (this.#repeats || constraint || never !== undefined) this.#adjust = (logs) => this.#hold(logs);
  }

  /** Σ log p in nats of all that was drawn, its end included, by the model as it is (temperature 1, nothing filtered). */
  get logProbability(): number {
    return this.#logProbability;
  }

  /** Draws the next symbol; gives the outcome when the text is over with it. */
  extend(logits: Float32Array, chooser: Chooser): Outcome | undefined {
    const { constraint, stops, length } = this.#options;
    const choice = chooser.choose(logits, this.#random, this.#adjust);
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
    this.#repeats?.add(id);
    const ending = stops.ending(this.ids);
    if (ending > 0) {
      this.ids.length -= ending;
      return { stopped: true, met: true };
    }
    if (this.#drawn === length) return { stopped: false, met: true };
    return constraint?.isOver(this.#state, length - this.#drawn) ? { stopped: true, met: true } : undefined;
  }

  /** Takes away and returns the symbols that can no longer belong to the text's ending. */
  take(): number[] {
    return this.ids.splice(0, this.ids.length - this.#options.stops.pending(this.ids));
  }

  /** Holds back what may not come next. */
  #hold(logs: Float64Array): void {
    const { constraint, length, never } = this.#options;
    this.#repeats?.adjust(logs);
    if (never !== undefined) logs[never] = Number.NEGATIVE_INFINITY;
    if (!constraint) return;
    for (let id = 0; id < logs.length; id++) {
      if (!constraint.allows(this.#state, id, length - this.#drawn)) logs[id] = Number.NEGATIVE_INFINITY;
    }
  }
}
