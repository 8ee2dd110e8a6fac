import { type FullSampleRequest, REPETITION_WINDOW } from './options.ts';

/** The options of `sampleSchema` that concern symbols that occurred before. */
export type RepeatOptions = Partial<Pick<FullSampleRequest, 'noRepeat' | 'repetitionPenalty' | 'repetitionWindow'>>;

/** Whether the options hold any symbol back, or make any less likely. */
export function restrictsRepeats({ noRepeat, repetitionPenalty = 1 }: RepeatOptions): boolean {
  return noRepeat !== undefined || repetitionPenalty !== 1;
}

/** The symbols of a text so far, and what they mean for its next symbol. `<stop>` is neither counted nor held back. */
export class Repeats {
  readonly #n: number;
  readonly #penalty: number;
  readonly #window: number;
  readonly #stop: number | undefined;
  /** The last symbols, as many as the window or n − 1. */
  readonly #last: number[] = [];
  /** The symbols that followed each n − 1 symbols. */
  readonly #followers = new Map<string, number[]>();

  constructor(options: RepeatOptions, stop?: number) {
    this.#n = options.noRepeat ?? 0;
    this.#penalty = options.repetitionPenalty ?? 1;
    this.#window = options.repetitionWindow ?? REPETITION_WINDOW;
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
