import seedrandom from 'seedrandom';

/** The whole state of a generator, as JSON: seedrandom's ARC4 state. */
export interface RandomState {
  readonly i: number;
  readonly j: number;
  readonly S: readonly number[];
}

/** A seeded generator whose state can be saved and taken up again. Everything random in the program draws from one of these. */
export class Random {
  readonly #generator: seedrandom.StatefulPRNG<seedrandom.State.Arc4>;

  /** Generators that serve different ends take different seeds (`${seed}/shuffle`), so that no end disturbs another. */
  constructor(seed: string | number, state?: RandomState) {
    const from = state ? { i: state.i, j: state.j, S: [...state.S] } : true;
    this.#generator = seedrandom(String(seed), { state: from });
  }

  /** Continues exactly where `state` was taken. */
  static restore(state: RandomState): Random {
    return new Random('', state);
  }

  get state(): RandomState {
    return this.#generator.state();
  }

  /** Uniform in [0, 1), with 53 random bits. */
  next(): number {
    return this.#generator.double();
  }

  /** Uniform over 0, 1, …, n − 1. */
  integer(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** Shuffles in place (Fisher and Yates). */
  shuffle<T>(items: { readonly length: number; [index: number]: T }): void {
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const moved = items[last] as T;
      items[last] = items[other] as T;
      items[other] = moved;
    }
  }
}
