import type { TextSymbol } from './symbols.ts';

/**
 * Turns ids into text one at a time, for showing a text while it is made. Where symbols are bytes, the bytes of an
 * incomplete UTF-8 character are held back until it is whole, or is known not to become so: then it reads as U+FFFD.
 * Specials read as in `Vocabulary.decode`.
 */
export class SymbolDecoder {
  readonly #symbol: (id: number) => TextSymbol;
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #byte = new Uint8Array(1);

  /** `symbol` gives an id's symbol; the empty string stands for the end of a text. */
  constructor(symbol: (id: number) => TextSymbol) {
    this.#symbol = symbol;
  }

  /** The text that `id` completes: maybe none. */
  write(id: number): string {
    const symbol = this.#symbol(id);
    if (typeof symbol === 'string') return this.end() + symbol;
    this.#byte[0] = symbol;
    return this.#utf8.decode(this.#byte, { stream: true });
  }

  /** What was held back: no more follows. The decoder may be used again, from the start. */
  end(): string {
    return this.#utf8.decode();
  }
}
