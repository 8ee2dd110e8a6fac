export interface RepeatOptions {
  /** n: no n symbols in a row come twice in a text, its prefix included. */
  readonly noRepeat?: number | undefined;
  /** θ: multiplies the log-probability of symbols that have come lately; above 1 they become less likely. */
  readonly repetitionPenalty?: number | undefined;
  /** How many of the last symbols count as lately; 64 if not given. */
  readonly repetitionWindow?: number | undefined;
}

const WINDOW = 64;

/** Whether anything is asked for. */
export function mindsRepeats({ noRepeat, repetitionPenalty = 1 }: RepeatOptions): boolean {
  return noRepeat !== undefined || repetitionPenalty !== 1;
}

/** What a text has had so far, and what that means for its next symbol. `<stop>` is neither counted nor held back. */
export class Repeats {
  readonly #n: number;
  readonly #penalty: number;
  readonly #window: number;
  readonly #stop: number | undefined;
  /** The last symbols, as many as the window or n − 1. */
  readonly #last: number[] = [];
  /** What has followed each n − 1 symbols. */
  readonly #followers = new Map<string, number[]>();

  constructor({ noRepeat = 0, repetitionPenalty = 1, repetitionWindow = WINDOW }: RepeatOptions, stop?: number) {
    this.#n = noRepeat;
    this.#penalty = repetitionPenalty;
    this.#window = repetitionWindow;
    this.#stop = stop;
  }

  add(id: number): void {
    if (id === this.#stop) return;
    if (this.#n > 0 && this.#last.length >= this.#n - 1) {
      const followers = this.#followers.get(this.#context());
      if (followers) followers.push(id);
      else this.#followers.set(this.#context(), [id]);
    }
    this.#last.push(id);
    if (this.#last.length > Math.max(this.#window, this.#n - 1)) this.#last.shift();
  }

  /**
   * w_i ← θ w_i for symbols of the window, log-probabilities being negative (the penalty of Keskar et al. 2019 on logits),
   * and −Infinity for those that would repeat n symbols (Paulus et al. 2018).
   */
  adjust(logs: Float64Array): void {
    if (this.#penalty !== 1) for (const id of new Set(this.#last.slice(-this.#window))) logs[id]! *= this.#penalty;
    if (this.#n > 0 && this.#last.length >= this.#n - 1) {
      for (const id of this.#followers.get(this.#context()) ?? []) logs[id] = Number.NEGATIVE_INFINITY;
    }
  }

  #context(): string {
    return this.#last.slice(this.#last.length - (this.#n - 1)).join(' ');
  }
}
