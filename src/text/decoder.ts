import type { TextSymbol } from './symbols.ts';

/**
 * Turns ids into text one at a time, so that a text can be shown while it is made. Where symbols are bytes, the decoder holds back the
 * bytes of an incomplete UTF-8 character. It gives the character when its last byte has come, or U+FFFD when the bytes can't become
 * a character. Where symbols are tokens, a space stands between two of them, but none beside a newline. Special ids are decoded as in
 * `Vocabulary.decode`.
 */
export class SymbolDecoder {
  readonly #symbol: (id: number) => TextSymbol;
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  readonly #byte = new Uint8Array(1);
  readonly #separator: string;
  /** Whether the text so far ends in a token that the next one must be separated from. */
  #needsSeparator = false;

  /** `symbol` gives the symbol of an id, and the empty string for the end of a text. */
  constructor(symbol: (id: number) => TextSymbol, separator = '') {
    this.#symbol = symbol;
    this.#separator = separator;
  }

  /** The text that is complete with this id. It may be empty. */
  write(id: number): string {
    const symbol = this.#symbol(id);
    if (typeof symbol === 'string') return this.#flush() + this.#separated(symbol);
    this.#byte[0] = symbol;
    return this.#utf8.decode(this.#byte, { stream: true });
  }

  /** Ends the text and returns what was held back. The decoder can then be used for another text. */
  end(): string {
    this.#needsSeparator = false;
    return this.#flush();
  }

  #flush(): string {
    return this.#utf8.decode();
  }

  #separated(symbol: string): string {
    if (this.#separator === '' || symbol === '') return symbol;
    const separator = this.#needsSeparator && symbol !== '\n' ? this.#separator : '';
    this.#needsSeparator = symbol !== '\n';
    return separator + symbol;
  }
}
