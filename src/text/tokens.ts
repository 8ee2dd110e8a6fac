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
    const lastSpace = all.search(/\S*$/u);
    this.#carried = all.slice(lastSpace);
    for (const [token] of all.slice(0, lastSpace).matchAll(TOKEN)) this.#emit(token);
  }

  /** Emits what was held back. */
  end(): void {
    if (this.#carried !== '') this.#emit(this.#carried);
    this.#carried = '';
  }
}
