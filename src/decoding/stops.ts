import type { Text } from '../text/text.ts';
import type { Vocabulary } from '../text/vocabulary.ts';

/** What ends a text: the symbol `<stop>`, where the model has one, or any of a set of strings. */
export class Stops {
  /** `<stop>`, where the model has it. */
  readonly symbol: number | undefined;
  /** Longest first. */
  readonly strings: readonly (readonly number[])[];

  /** @param strings ids of each string; none may be empty */
  constructor(symbol: number | undefined, strings: readonly (readonly number[])[] = []) {
    this.symbol = symbol;
    this.strings = strings.toSorted((a, b) => b.length - a.length);
  }

  /**
   * What ends the texts of a model, and strings besides. UserError where a string has a symbol outside the
   * vocabulary, even if there is an `<unk>`: it would end texts at any unknown symbol.
   */
  static of(vocabulary: Vocabulary, strings: readonly Text[] = []): Stops {
    return new Stops(
      vocabulary.stop,
      strings.map((text) => [...vocabulary.encodeKnown(text)]),
    );
  }

  /** How many symbols at the end of `ids` end the text: 1 for `<stop>`, the length of the longest string there, else 0. */
  ending(ids: ArrayLike<number>): number {
    if (ids.length > 0 && ids[ids.length - 1] === this.symbol) return 1;
    return this.strings.find((string) => endsWith(ids, string))?.length ?? 0;
  }

  /** How many symbols at the end of `ids` may turn out to be the start of a string that ends the text. */
  pending(ids: ArrayLike<number>): number {
    let longest = 0;
    for (const string of this.strings) {
      for (let length = string.length - 1; length > longest; length--) {
        if (endsWith(ids, string.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}

function endsWith(ids: ArrayLike<number>, end: readonly number[]): boolean {
  const start = ids.length - end.length;
  return start >= 0 && end.every((id, index) => ids[start + index] === id);
}
