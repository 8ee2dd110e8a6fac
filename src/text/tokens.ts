/** A token: what stands between white space, or a newline. */
export const TOKEN = /\n|\S+/gu;

/**
 * Cuts text that arrives in pieces into tokens. The last token of a piece is held back, for it may go on in the next piece.
 */
export class TokenSplitter {
  readonly #emit: (token: string) => void;
  #carried = '';

  constructor(emit: (token: string) => void) {
    this.#emit = emit;
  }

  /** UTF-16 units held back. */
  get held(): number {
    return this.#carried.length;
  }

  write(text: string): void {
    const all = this.#carried + text;
    const last = startOfLast(all);
    this.#carried = all.slice(last);
    for (const [token] of all.slice(0, last).matchAll(TOKEN)) this.#emit(token);
  }

  /** Emits what was held back. */
  end(): void {
    if (this.#carried !== '') this.#emit(this.#carried);
    this.#carried = '';
  }
}

/** Where the last token begins. A search for /\S*$/ would begin again at each character: its time grows with the square of a token's length. */
function startOfLast(text: string): number {
  let at = text.length;
  while (at > 0 && !SPACE.test(text[at - 1]!)) at--;
  return at;
}

/** White space is in the basic plane, so no half of a surrogate pair is taken for it. */
const SPACE = /\s/u;
