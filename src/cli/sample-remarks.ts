import { grouped } from '../counts.ts';
import { remark } from './output.ts';

/** What `rnn sample` says beside its texts: the seed that was chosen, before the first, and whether any is approximate, after the last. */
export class SampleRemarks {
  readonly #seed: string | undefined;
  readonly #quiet: boolean;
  #begun = false;
  #count = 0;
  #approximate = 0;

  /** @param given what the user has said: a seed that was given is known, and temperature 0 needs none */
  constructor(
    { seed }: { readonly seed?: string | number | undefined },
    options: {
      readonly given: { readonly seed?: string | undefined; readonly temperature?: number | undefined };
      readonly quiet: boolean | undefined;
    },
  ) {
    const { given, quiet = false } = options;
    this.#quiet = quiet;
    if (given.seed === undefined && given.temperature !== 0) this.#seed = String(seed);
  }

  /** Before the first text: what is refused needs no seed. */
  begin(): void {
    if (!this.#begun && !this.#quiet && this.#seed !== undefined) remark(`seed ${this.#seed}`);
    this.#begun = true;
  }

  drawn({ exact }: { readonly exact: boolean }): void {
    this.begin();
    this.#count++;
    if (!exact) this.#approximate++;
  }

  end(): void {
    if (this.#approximate === 0 || this.#quiet) return;
    const which =
      this.#approximate === this.#count
        ? 'the texts were'
        : `${grouped(this.#approximate)} of ${grouped(this.#count)} texts were`;
    remark(
      `${which} drawn by looking ahead, because the constraints are met so seldom: how often each is drawn is approximate`,
    );
  }
}
